import { sha256hex } from '../notification/incident-key.ts';
import type { Incident } from '../notification/notification.ts';
import { codePoints } from '../notification/text.ts';
import type { Template } from '../template/templates.ts';
import type { GivenKey } from './notifier.ts';
import { createRendering } from './rendering.ts';

/** Reads incident keys from a template; undefined without one. A key over the vendor's limit becomes its SHA-256. */
export function keyFrom(
  setting: string,
  template: Template | undefined,
  maxLength: number,
): ((incident: Incident) => GivenKey) | undefined {
  if (template === undefined) return undefined;
  return (incident) => {
    const rendering = createRendering(incident);
    const text = rendering.text(setting, template)?.trim().toWellFormed();
    const key = text && codePoints(text) > maxLength ? sha256hex(text) : text;
    return { key: key || undefined, templateFailures: rendering.failures };
  };
}
