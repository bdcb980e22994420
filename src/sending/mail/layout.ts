/**
 * How Bellwire's mails and the pages behind their links look: one column, the console's colours, nothing from elsewhere, and
 * styles where mail programs read them, on the elements. Every text is escaped here.
 */

const FONT =
  "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:15px;line-height:1.5";
const INK = '#1f2933';
const FAINT = '#56616c';
const LINE = '#dee2e6';
const BELL = '#2a5d9e';

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

/** A paragraph; html is markup. */
export function paragraph(html: string): string {
  return `<p style="margin:0 0 16px">${html}</p>`;
}

/** A link that looks like a button. */
export function button(label: string, url: string): string {
  return `<p style="margin:24px 0"><a href="${escapeHtml(url)}" style="display:inline-block;background:${BELL};color:#ffffff;text-decoration:none;font-weight:600;padding:11px 22px;border-radius:8px">${escapeHtml(label)}</a></p>`;
}

/** Names and values, one row each. */
export function factsTable(facts: readonly (readonly [name: string, value: string])[]): string {
  const cell = `padding:7px 0;border-top:1px solid ${LINE};vertical-align:top;text-align:left`;
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th scope="row" style="${cell};padding-right:20px;color:${FAINT};font-weight:400;white-space:nowrap">${escapeHtml(name)}</th>` +
      `<td style="${cell};width:100%;overflow-wrap:anywhere;word-break:break-word">${escapeHtml(value)}</td></tr>`,
  );
  return `<table role="presentation" style="border-collapse:collapse;width:100%;margin:0 0 20px;${FONT}">${rows.join('')}</table>`;
}

/** A mail's HTML; above, body and footer are markup. */
export function mailHtml(mail: { heading: string; above?: string; body: string; footer: string }): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>${escapeHtml(mail.heading)}</title></head>
<body style="margin:0;padding:24px 12px;background:#f1f3f5;color:${INK};${FONT}">
<div style="max-width:600px;margin:0 auto">
<div style="background:#ffffff;border:1px solid ${LINE};border-top:4px solid ${BELL};border-radius:8px;padding:24px 28px 12px">
${mail.above ?? ''}<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3;font-weight:650;overflow-wrap:anywhere">${escapeHtml(mail.heading)}</h1>
${mail.body}
</div>
<div style="padding:16px 28px;color:${FAINT};font-size:13px;line-height:1.5">${mail.footer}</div>
</div>
</body>
</html>
`;
}

/** A small line above a heading. */
export function eyebrow(text: string): string {
  return `<p style="margin:0 0 4px;color:${FAINT};font-size:13px;overflow-wrap:anywhere">${escapeHtml(text)}</p>`;
}

/** A label that stands out, above a heading. */
export function flag(text: string): string {
  return `<p style="margin:0 0 12px"><span style="display:inline-block;background:#fff3bf;color:#5c3c00;font-weight:600;font-size:13px;padding:3px 10px;border-radius:6px">${escapeHtml(text)}</span></p>`;
}

/** A link in a text. */
export function link(label: string, url: string): string {
  return `<a href="${escapeHtml(url)}" style="color:${BELL}">${escapeHtml(label)}</a>`;
}
