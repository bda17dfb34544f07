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
