"""The page of a report: its style, its one script, and small helpers to write HTML."""

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

STYLE = """
:root { --paper:#fdfdfb; --ink:#1d2126; --soft:#5d6670; --faint:#8b949d; --rule:#e3e4df; --panel:#f5f5f1;
  --accent:#b4442c; --good:#2f7d5b; --bar:#c9d8e4; color-scheme: light; }
:root[data-theme=dark] {
  --paper:#15181c; --ink:#e4e6e8; --soft:#a4acb4; --faint:#78818a; --rule:#2b3036; --panel:#1c2025;
  --accent:#ef8a6c; --good:#63c197; --bar:#34495a; color-scheme: dark; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.55 system-ui,-apple-system,"Segoe UI",
  "Helvetica Neue",Arial,sans-serif; -webkit-font-smoothing:antialiased; }
main, header, footer { max-width:70rem; margin:0 auto; padding:0 1.5rem; }
header { padding-top:3rem; }
h1, h2, .figure-number { font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4",Georgia,serif; }
h1 { font-weight:600; font-size:2.3rem; line-height:1.15; margin:.2rem 0 .6rem; letter-spacing:-.01em; }
h2 { font-weight:600; font-size:1.45rem; margin:0 0 .3rem; }
h3 { font-size:.82rem; font-weight:600; color:var(--soft); margin:1.2rem 0 .35rem; }
section { padding:2.2rem 0 .6rem; border-top:1px solid var(--rule); margin-top:1.8rem; }
p { margin:.4rem 0 .8rem; max-width:46rem; }
.kicker { color:var(--faint); font-size:.85rem; letter-spacing:.02em; }
.note { color:var(--soft); font-size:.86rem; line-height:1.5; max-width:52rem; }
nav { margin:1.4rem 0 0; font-size:.85rem; display:flex; flex-wrap:wrap; gap:.2rem 1.1rem; }
a { color:inherit; text-decoration-color:var(--faint); text-underline-offset:.2em; }
a:hover { text-decoration-color:var(--accent); }
.facts { display:grid; grid-template-columns:repeat(auto-fill,minmax(7.2rem,1fr)); gap:1rem 1.2rem;
  margin:1.6rem 0 .4rem; }
.facts div { border-top:2px solid var(--rule); padding-top:.45rem; overflow-wrap:anywhere; }
.facts b { display:block; font-weight:600; font-size:1.06rem; font-variant-numeric:tabular-nums; line-height:1.3; }
.facts span { color:var(--soft); font-size:.8rem; }
.headline { font-size:1.16rem; line-height:1.5; max-width:50rem; }
.headline b { font-variant-numeric:tabular-nums; }
.up { color:var(--good); } .down { color:var(--accent); }
table { border-collapse:collapse; font-size:.92rem; font-variant-numeric:tabular-nums; margin:.6rem 0 .8rem; }
th { font-weight:500; color:var(--soft); font-size:.82rem; text-align:right; padding:.3rem .9rem;
  vertical-align:bottom; }
td { padding:.34rem .9rem; text-align:right; border-top:1px solid var(--rule); white-space:nowrap; }
th:first-child, td:first-child { text-align:left; padding-left:0; }
table.plain td { text-align:left; white-space:normal; overflow-wrap:anywhere; }
table.plain thead { display:none; }
table.plain td:first-child { color:var(--soft); white-space:nowrap; vertical-align:top; }
tr.aside td { color:var(--soft); }
.group { border-bottom:1px solid var(--faint); text-align:center; }
.scroll { overflow-x:auto; }
.meter { position:relative; display:inline-block; width:9rem; height:.62rem; background:var(--panel);
  border-radius:2px; }
.meter i { position:absolute; left:0; top:0; bottom:0; background:var(--bar); border-radius:2px; }
.meter u { position:absolute; top:-.14rem; bottom:-.14rem; width:2px; background:var(--ink); }
.plots { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr)); gap:.4rem 1.6rem; }
.plots.wide { grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr)); }
.plot { min-height:17rem; } .plots.wide .plot { min-height:21rem; } .plots.square .plot { min-height:26rem; }
figure { margin:0; min-width:0; }
figcaption { font-size:.86rem; font-weight:600; margin:.7rem 0 0; }
.switch { display:inline-flex; border:1px solid var(--rule); border-radius:6px; overflow:hidden;
  margin:.3rem .6rem .3rem 0; }
.switch button { font:inherit; font-size:.8rem; border:0; background:none; color:var(--soft);
  padding:.22rem .7rem; cursor:pointer; }
.switch button[aria-pressed=true] { background:var(--panel); color:var(--ink); font-weight:600; }
.switch button:focus-visible { outline:2px solid var(--accent); outline-offset:-2px; }
.legend { display:flex; flex-wrap:wrap; gap:.15rem 1.1rem; font-size:.82rem; color:var(--soft); margin:.3rem 0; }
.legend i { display:inline-block; width:1.1rem; border-top:3px solid; vertical-align:middle; margin-right:.4rem; }
.legend i.dash { border-top:2px dashed; } .legend i.dot { border-top:2px dotted; }
.plots .legend { font-size:.76rem; gap:.1rem .8rem; }
.strip { display:flex; gap:.55rem; overflow-x:auto; padding:.15rem 0 .5rem; align-items:flex-end; }
.fixation { flex:none; border-left:3px solid var(--accent); padding-left:4px; }
.fixation.cut { border-left-color:transparent; }
.fixation small { display:block; font-size:.68rem; color:var(--soft); line-height:1.2; white-space:nowrap;
  overflow:hidden; text-overflow:ellipsis; }
.fixation div { display:flex; gap:1px; }
.frame { position:relative; } img { display:block; image-rendering:pixelated; }
.frame.missed::after, .frame.false::after { content:""; position:absolute; left:3px; top:3px; width:7px; height:7px;
  border-radius:50%; border:2px solid #fff; box-shadow:0 0 0 1px #000; }
.frame.false::after { background:var(--accent); }
.sound { margin:.3rem 0 1rem; } .track { position:relative; border-bottom:1px solid var(--rule); }
.track .wave { display:block; width:100%; height:4.5rem; fill:var(--soft); }
.track img { width:100%; height:6.5rem; image-rendering:auto; }
.track i { position:absolute; top:0; bottom:0; border-left:2px solid var(--accent); margin-left:-1px; }
.track i.missed { border-left-style:dashed; } .track i.false { border-left-style:dotted; }
.spoken { position:relative; height:1.15rem; font-size:.62rem; color:var(--soft); }
.spoken span { position:absolute; overflow:hidden; white-space:nowrap; padding-left:2px;
  border-left:1px solid var(--rule); }
.spoken span.turn { border-left-color:var(--accent); }
audio { display:block; height:2rem; margin-top:.4rem; }
.tiles { display:flex; flex-wrap:wrap; gap:1.2rem 1.5rem; margin-bottom:.8rem; }
.tiles img { max-width:100%; height:auto; }
details { margin:.7rem 0; } summary { cursor:pointer; color:var(--soft); font-size:.9rem; }
pre { background:var(--panel); padding:1rem 1.2rem; overflow-x:auto; font-size:.8rem; line-height:1.45;
  border-radius:6px; }
.theme { position:fixed; right:1rem; top:1rem; background:var(--paper); }
footer { color:var(--faint); font-size:.82rem; padding-top:1.5rem; padding-bottom:3rem; }
@media print { .theme, nav, .switch { display:none; } section { break-inside:avoid; } }
"""

SCRIPT = """
const root = document.documentElement, css = name => getComputedStyle(root).getPropertyValue(name).trim();
const read = div => ({div, spec: JSON.parse(div.nextElementSibling.textContent)});
const figures = [...document.querySelectorAll('.plot')].map(read);
let axis = 'frames', scale = 'linear';
const titles = {frames: 'frames seen', saccades: 'saccades made', seconds: 'simulated seconds'};
function layout(spec) {
  const line = {gridcolor: css('--rule'), linecolor: css('--rule'), zerolinecolor: css('--rule'), automargin: true};
  const name = given => ({text: (given || {}).title || '', font: {size: 12}, standoff: 8});
  const merge = given => ({...line, ...given, title: name(given)});
  const own = spec.layout || {};
  const x = spec.axes ? {...own.xaxis, title: titles[axis], type: scale} : own.xaxis;
  return {paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {color: css('--soft'), size: 11,
    family: getComputedStyle(document.body).fontFamily}, margin: {l: 48, r: 12, t: 14, b: 42}, showlegend: false,
    hovermode: spec.axes ? 'x unified' : 'closest', hoverlabel: {bgcolor: css('--panel'), font: {color: css('--ink')},
    bordercolor: css('--rule')}, ...own, xaxis: merge(x), yaxis: merge(own.yaxis)};
}
function draw() {
  for (const {div, spec} of figures) {
    const traces = spec.data.map((t, i) => spec.axes ? {...t, x: spec.axes[axis][i]} : t);
    Plotly.react(div, traces, layout(spec), {displayModeBar: false, responsive: true});
  }
}
function press(group, value) {
  const buttons = document.querySelectorAll(`button[data-${group}]`);
  buttons.forEach(b => b.setAttribute('aria-pressed', b.dataset[group] === value));
}
function paint(theme) { root.dataset.theme = theme; press('theme', theme); draw(); }
document.addEventListener('click', event => {
  const {axis: a, scale: s, theme: t} = event.target.dataset || {};
  if (event.target.tagName !== 'BUTTON') return;
  if (a) { axis = a; press('axis', a); draw(); }
  if (s) { scale = s; press('scale', s); draw(); }
  if (t) paint(t);
});
press('axis', axis); press('scale', scale);
const night = matchMedia('(prefers-color-scheme: dark)');
night.addEventListener('change', event => paint(event.matches ? 'dark' : 'light'));
paint(night.matches ? 'dark' : 'light');
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,"><style>{style}</style></head><body>
<div class="switch theme"><button data-theme="light">light</button><button data-theme="dark">dark</button></div>
{body}
<script>{plotly}</script><script>{script}</script></body></html>
"""

AXES = (
    '<div class="switch"><button data-axis="frames">frames</button><button data-axis="saccades">saccades</button>'
    '<button data-axis="seconds">simulated seconds</button></div>'
    '<div class="switch"><button data-scale="linear">linear</button><button data-scale="log">logarithmic</button></div>'
)


def page(title: str, body: str) -> str:
    """Return a whole page that needs nothing from outside."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  heavy, and only reports need it

    return PAGE.format(title=text(title), style=STYLE, body=body, plotly=get_plotlyjs(), script=SCRIPT)


def text(value: object) -> str:
    """Return *value* as text that HTML cannot misread."""
    return html.escape(str(value))


def section(key: str, title: str, *parts: str) -> str:
    """Return a section, or nothing if none of its parts holds anything."""
    content = "\n".join(part for part in parts if part)
    return f'<section id="{key}"><h2>{text(title)}</h2>\n{content}</section>' if content else ""


def note(words: str) -> str:
    """Return a remark, such as the protocol of the numbers above."""
    return f'<p class="note">{text(words)}</p>'


def grid(figures: Iterable[str], kind: str = "") -> str:
    """Return figures side by side, or nothing if there are none."""
    content = "".join(figures)
    return f'<div class="plots {kind}">{content}</div>' if content else ""


def plot(caption: str, spec: dict[str, Any]) -> str:
    """Return a Plotly figure: *spec* holds data, layout and, for curves, the x of every trace on every axis."""
    # "</" would end the script element that carries the data
    data = json.dumps(spec, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    head = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f'<figure>{head}<div class="plot"></div><script type="application/json">{data}</script></figure>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table of cells that are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
