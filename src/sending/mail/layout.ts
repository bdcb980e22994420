/**
 * How Bellwire's mails look: one column, the console's colours in both schemes, nothing from elsewhere. Styles stand on the
 * elements, where every mail program reads them; what adapts to dark or narrow screens stands in the head, for those
 * that read that, too. Every text is escaped here.
 */

const FONT =
  "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:15px;line-height:1.5";
const INK = '#1f2933';
const FAINT = '#56616c';
const LINE = '#dee2e6';
const BELL = '#2a5d9e';
/** What a mail program shows beside the subject, at most. */
const MAX_PREVIEW = 140;

/** Class names are those of the elements below; mail programs that know no media queries show the light side. */
const STYLE = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#1a1b1e!important;color:#d5d7da!important}
.card{background:#25262b!important;border-color:#40434a!important;border-top-color:#4d7fc0!important}
.faint{color:#a6adb4!important}
.line{border-color:#40434a!important}
.link{color:#8fb5e3!important}
.button{background:#3a6db0!important}
.flag{background:#4a3c00!important;color:#ffe9a0!important}
}
@media (max-width:480px){
.page{padding:12px 6px!important}
.card{padding:20px 18px 8px!important}
.foot{padding:14px 18px!important}
.facts th,.facts td{display:block!important;width:auto!important;padding-right:0!important;white-space:normal!important}
.facts th{padding-bottom:0!important}
.facts td{border-top:0!important;padding-top:0!important}
}`;

/** A text as it stands in HTML, in elements and attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A text in one line: no control characters, no text that turns direction, cut to so many characters. */
export function oneLine(text: string, maxChars: number): string {
  const plain = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const chars = [...plain];
  return chars.length <= maxChars ? plain : `${chars.slice(0, maxChars - 1).join('')}…`;
}

/** A moment as people read it, to the second. */
export function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A paragraph; html is markup. */
export function paragraph(html: string): string {
  return `<p style="margin:0 0 16px">${html}</p>`;
}

/** A paragraph of less weight; html is markup. */
export function aside(html: string): string {
  return `<p class="faint" style="margin:0 0 16px;color:${FAINT};font-size:13px;overflow-wrap:anywhere;word-break:break-word">${html}</p>`;
}

/** A link that looks like a button. */
export function button(label: string, url: string): string {
  return `<p style="margin:24px 0"><a class="button" href="${escapeHtml(url)}" style="display:inline-block;background:${BELL};color:#ffffff;text-decoration:none;font-weight:600;padding:11px 22px;border-radius:8px">${escapeHtml(label)}</a></p>`;
}

/** Names and values, one row each; a value may have a line of less weight below it. */
export function factsTable(
  facts: readonly (readonly [name: string, value: string, more?: string])[],
): string {
  const cell = `padding:7px 0;border-top:1px solid ${LINE};vertical-align:top;text-align:left`;
  const rows = facts.map(([name, value, more = '']) => {
    const below =
      more === '' ? '' : `<div class="faint" style="color:${FAINT};font-size:13px">${escapeHtml(more)}</div>`;
    return (
      `<tr><th class="faint line" scope="row" style="${cell};padding-right:20px;color:${FAINT};font-weight:400;white-space:nowrap">${escapeHtml(name)}</th>` +
      `<td class="line" style="${cell};width:100%;overflow-wrap:anywhere;word-break:break-word">${escapeHtml(value)}${below}</td></tr>`
    );
  });
  return `<table class="facts" style="border-collapse:collapse;width:100%;margin:0 0 20px;${FONT}">${rows.join('')}</table>`;
}

/** What a mail is made of: heading and preview are texts, above, body and footer are markup. */
export interface MailParts {
  heading: string;
  /** What mail programs show in their lists beside the subject. */
  preview: string;
  above?: string;
  body: string;
  footer: string;
}

/** A mail's HTML. */
export function mailHtml({ heading, preview, above = '', body, footer }: MailParts): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escapeHtml(heading)}</title>
<style>${STYLE}</style></head>
<body class="page" style="margin:0;padding:24px 12px;background:#f1f3f5;color:${INK};${FONT}">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(oneLine(preview, MAX_PREVIEW))}</div>
<table role="presentation" align="center" width="600" cellpadding="0" cellspacing="0" style="width:100%;max-width:600px;margin:0 auto;table-layout:fixed;${FONT}">
<tr><td class="card" style="background:#ffffff;border:1px solid ${LINE};border-top:4px solid ${BELL};border-radius:8px;padding:24px 28px 12px">
${above}<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3;font-weight:650;overflow-wrap:anywhere;word-break:break-word">${escapeHtml(heading)}</h1>
${body}
</td></tr>
<tr><td class="foot faint" style="padding:16px 28px;color:${FAINT};font-size:13px;line-height:1.5;overflow-wrap:anywhere;word-break:break-word">${footer}</td></tr>
</table>
</body>
</html>
`;
}

/** A small line above a heading. */
export function eyebrow(text: string): string {
  return `<p class="faint" style="margin:0 0 4px;color:${FAINT};font-size:13px;overflow-wrap:anywhere">${escapeHtml(text)}</p>`;
}

/** A label that stands out, above a heading. */
export function flag(text: string): string {
  return `<p style="margin:0 0 12px"><span class="flag" style="display:inline-block;background:#fff3bf;color:#5c3c00;font-weight:600;font-size:13px;padding:3px 10px;border-radius:6px">${escapeHtml(text)}</span></p>`;
}

/** A link in a text. */
export function link(label: string, url: string): string {
  return `<a class="link" href="${escapeHtml(url)}" style="color:${BELL}">${escapeHtml(label)}</a>`;
}
