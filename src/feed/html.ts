/** HTML made of templates: what is put in is escaped, unless it is such HTML itself. */
import escapeHtml from 'escape-html';

/** HTML that needs no escaping. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly (Html | string)[];

/** A template; lists are put together without anything between. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const [first = '', ...rest] = strings;
  return new Html(first + rest.map((text, index) => textOf(parts[index]!) + text).join(''));
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(textOf).join('') : escapeHtml(String(part));
}
