import type { Socket } from 'node:net';

/**
 * Calls back when it turns out that an answer was not read: its connection is reset before anything else came over it, for who
 * had asked hung up while the answer was on its way.
 */
export type WhenUnread = (socket: Socket, callback: () => void) => void;

export function createWhenUnread(): WhenUnread {
  const answers = new WeakMap<Socket, { readonly bytesRead: number; callback(): void }>();
  return (socket, callback) => {
    if (!answers.has(socket)) {
      socket.once('close', (hadError) => {
        const last = answers.get(socket);
        if (hadError && last?.bytesRead === socket.bytesRead) last.callback();
      });
    }
    answers.set(socket, { bytesRead: socket.bytesRead, callback });
  };
}
