/** The page of a Create Webhooks link as its reader has it: the examples, by their labels, as text to be run. */
import { ask } from './link.ts';

/** The text of each block of code on the page, by its label. */
export async function examplesOf(link: string): Promise<Map<string, string>> {
  const { text } = await ask(`${link}/info`);
  const blocks = text.matchAll(/<pre[^>]* aria-label="([^"]*)"[^>]*><code>([^]*?)<\/code><\/pre>/g);
  return new Map([...blocks].map(([, label, code]) => [label!, unescaped(code!)]));
}

function unescaped(html: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
  return html.replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => characters[name]!);
}
