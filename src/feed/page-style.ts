/** The console's colours and measures (src/console/theme.ts) for the page of a link, in both schemes. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dee2e6, #424242); --link: light-dark(#2a5d9e, #89afd9);
  --dim: light-dark(#495057, #b8b8b8); --panel: light-dark(#fff, #242424); --code: light-dark(#f1f3f5, #1b1b1b); }
* { box-sizing: border-box; }
html { scroll-padding-top: 16px; }
body { margin: 0; background: light-dark(#f8f9fa, #1f1f1f); color: light-dark(#000, #c9c9c9); overflow-wrap: anywhere;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 920px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 32px; }
main { padding-bottom: 64px; }
.brand { margin: 0 0 4px; font-size: 14px; font-weight: 600; color: var(--link); }
h1 { margin: 0 0 16px; font-size: 32px; line-height: 1.25; font-weight: 650; }
h2 { margin: 0 0 12px; font-size: 22px; line-height: 1.35; font-weight: 650; }
h3 { margin: 20px 0 8px; font-size: 16px; font-weight: 650; }
p { margin: 0 0 12px; max-width: 72ch; }
a { color: var(--link); }
section { margin: 24px 0 0; padding: 24px; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
nav ul { margin: 16px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 20px; list-style: none; }
nav a { display: inline-block; min-height: 24px; }
code { font: 0.875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  padding: 1px 5px; border-radius: 4px; background: var(--code); }
pre { margin: 0 0 12px; padding: 12px 14px; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
  background: var(--code); overflow-wrap: normal; }
pre code { padding: 0; background: none; white-space: pre; }
.table { overflow-x: auto; margin: 0 0 12px; }
table { border-collapse: collapse; width: 100%; font-size: 15px; overflow-wrap: normal; }
th, td { padding: 8px 12px 8px 0; text-align: start; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); }
td code { white-space: nowrap; }
details { padding: 10px 0; border-top: 1px solid var(--line); }
details > *:last-child { margin-bottom: 4px; }
summary { cursor: pointer; min-height: 28px; }
details[open] > summary { margin-bottom: 10px; }
.events { color: var(--dim); margin-inline-start: 8px; }
.note { padding: 10px 14px; border: 1px solid var(--line); border-inline-start: 4px solid light-dark(#e67700, #ffc078);
  border-radius: 8px; }
.skip { position: absolute; inset-inline-start: -9999px; }
.skip:focus { inset-inline-start: 16px; top: 16px; padding: 8px 14px; background: var(--panel); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 480px) { section { padding: 16px; } h1 { font-size: 26px; } }
`;
