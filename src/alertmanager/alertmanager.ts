import type { PostsTo } from '../config/compile-alertmanager.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { HttpSettings } from '../notify/http-settings.ts';
import type { Signal } from '../notify/signal.ts';
import { createReadApi } from './api.ts';
import { compileDispatch, type Dispatch } from './dispatch.ts';
import { createReadDispatchFile } from './dispatch-file.ts';
import { askPeer, type Known, type PeerAnswer, type PeerState } from './peer.ts';
import { createSnapshot, type Snapshot, type Testimony } from './snapshot.ts';

export interface AlertmanagerOptions {
  /** The peers of one cluster: `http://am-0:9093`, perhaps with a path prefix. */
  readonly urls: readonly string[];
  /** Those of its receivers that post to us, by name; undefined where its config is to say so. */
  readonly receivers?: ReadonlyMap<string, PostsTo> | undefined;
  readonly http: HttpClient;
  readonly httpSettings?: HttpSettings | undefined;
  /** A peer that has been up for less is not believed, in ms. */
  readonly settleMs: number;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** What came of a look: nothing can be concluded where no peer is believed. */
export type Looked =
  | { readonly believed: true; readonly snapshot: Snapshot; readonly peers: readonly PeerState[] }
  | { readonly believed: false; readonly peers: readonly PeerState[] };

export interface Alertmanager {
  /** Asks all peers what they know, within about ten seconds. It does not throw. */
  look(signal: Signal): Promise<Looked>;
}

/** Looks at what an Alertmanager knows. */
export function createAlertmanager(options: AlertmanagerOptions): Alertmanager {
  const { urls, receivers, now } = options;
  const asking = { ...options, read: createReadApi() };
  const dispatchesOf = createDispatches(receivers);
  return {
    async look(signal) {
      const takenAt = now();
      const answers = await Promise.all(urls.map((url) => askPeer(url, asking, signal)));
      const dispatchOf = dispatchesOf(answers.flatMap(({ known }) => known ?? []));
      const understood = answers.map((answer) => understand(answer, dispatchOf));
      const peers = understood.map(({ peer }) => peer);
      const testimonies = understood.flatMap(({ testimony }) => testimony ?? []);
      if (testimonies.length === 0) return { believed: false, peers };
      return { believed: true, snapshot: createSnapshot(testimonies, takenAt, receivers), peers };
    },
  };
}

interface Understood {
  readonly peer: PeerState;
  readonly testimony?: Testimony;
}

type DispatchOf = (known: Known) => Dispatch | Error;

function understand({ peer, known }: PeerAnswer, dispatchOf: DispatchOf): Understood {
  if (known === undefined) return { peer };
  const { alerts, upSince } = known;
  const dispatch = dispatchOf(known);
  if (!(dispatch instanceof Error)) {
    const { hidden } = dispatch;
    return { peer: { ...peer, hidden }, testimony: { alerts, dispatch, upSince } };
  }
  const detail = `its config is not understood: ${dispatch.message}`;
  return { peer: { ...peer, detail }, testimony: { alerts, dispatch: undefined, upSince } };
}

/** Compiles the configs of peers, each text once as long as it is in use. */
function createDispatches(
  receivers: AlertmanagerOptions['receivers'],
): (inUse: readonly Known[]) => DispatchOf {
  const readFile = createReadDispatchFile();
  let compiled: ReadonlyMap<string, Dispatch | Error> = new Map();
  const compile = ({ config, version }: Known) => {
    try {
      const file = readFile(config);
      return file instanceof Error ? file : compileDispatch(file, version, receivers);
    } catch (error) {
      // Of no Alertmanager: aliases that stand for too much, or nesting without end.
      return new Error(error instanceof Error ? error.message : String(error));
    }
  };
  const idOf = ({ config, version }: Known) => `${version}\n${config}`;
  const dispatchOf: DispatchOf = (known) => compiled.get(idOf(known)) ?? compile(known);
  return (inUse) => {
    const next = new Map<string, Dispatch | Error>();
    for (const known of inUse) next.set(idOf(known), next.get(idOf(known)) ?? dispatchOf(known));
    compiled = next;
    return dispatchOf;
  };
}
