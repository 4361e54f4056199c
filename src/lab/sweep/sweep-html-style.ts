/** The style of the HTML report: light and dark, as the reader's system has it. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ground:#fff;--text:#1c1f24;--soft:#5c6470;--line:#d4d8de;--panel:#f5f6f8;--ok:#1a7f37;--bad:#c8102e;
--none:#e3e7ec;--low:#bcd7f5;--high:#0b3d91}
@media(prefers-color-scheme:dark){:root{--ground:#14171c;--text:#e6e9ee;--soft:#9aa4b2;--line:#343a44;--panel:#1d2128;--ok:#57c278;
--bad:#ff6b7d;--none:#2a3039;--low:#274b78;--high:#9fd0ff}}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{color:var(--soft);margin:.5rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .75rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:last-child,th:last-child{text-align:left}td:last-child{white-space:normal}
td.ok{color:var(--ok)}td.bad{color:var(--bad);font-weight:600}
.controls{display:flex;gap:1.25rem;margin:.5rem 0}
.row{display:grid;grid-template-columns:13rem 1fr;align-items:center;gap:.75rem;margin:.35rem 0}
.row span{font-size:.9rem;overflow-wrap:anywhere}
canvas{width:100%;height:2.25rem;border:1px solid var(--line);border-radius:4px;background:var(--none);display:block}
canvas:focus-visible{outline:2px solid var(--high);outline-offset:2px}
#readout{min-height:1.5em;font-variant-numeric:tabular-nums;color:var(--text)}
#legend i{display:inline-block;width:1em;height:1em;border-radius:3px;vertical-align:-.12em;margin:0 .35em 0 1em}
details{border:1px solid var(--line);border-radius:6px;background:var(--panel);margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer}
pre{overflow-x:auto;font:13px/1.45 ui-monospace,monospace;margin:.5rem 0 0}
@media(max-width:40rem){.row{grid-template-columns:1fr}}
`;
