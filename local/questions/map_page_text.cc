// SPDX-License-Identifier: Apache-2.0
#include "local/questions/map_page_text.h"

namespace lastmile {

const char* const kPageHead = R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Where mail lands</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --dim: #667; --line: #d0d4da;
  --land: #0a6b2d; --fail: #b3261e; --wait: #777; --mark: #e8f0fe; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181c; --dim: #9aa;
  --line: #3a3f47; --land: #6cc98a; --fail: #ff8a80; --wait: #999; --mark: #27344d; } }
* { box-sizing: border-box; }
body { margin: 0; height: 100vh; display: flex; flex-direction: column; background: var(--paper);
  color: var(--ink); font: 14px/1.4 system-ui, sans-serif; }
header { padding: .6em 1em; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.1em; margin: 0 0 .3em; }
#coverage { white-space: pre-wrap; margin: 0 0 .5em; color: var(--dim); font-size: .85em; }
#search { width: min(36em, 100%); font: inherit; padding: .3em .5em; color: inherit;
  background: var(--paper); border: 1px solid var(--dim); border-radius: 4px; }
#count { color: var(--dim); margin-left: .8em; }
main { flex: 1; display: flex; min-height: 0; }
#list { flex: 3; overflow-y: auto; position: relative; outline: none; }
#spacer { width: 1px; }
.row { position: absolute; left: 0; right: 0; height: 22px; padding: 0 1em; display: flex; gap: 1em;
  white-space: pre; overflow: hidden; font-family: ui-monospace, monospace; font-size: 13px;
  line-height: 22px; cursor: default; }
.row.at { background: var(--mark); }
.row .who { flex: 0 0 22em; overflow: hidden; text-overflow: ellipsis; }
.row .mark { flex: 0 0 6em; color: var(--dim); }
.row .where { flex: 1; overflow: hidden; text-overflow: ellipsis; }
.row .source { color: var(--dim); user-select: text; }
.f0 .where { color: var(--land); } .f2 .where, .f1 .where { color: var(--fail); }
.f3 .where { color: var(--wait); }
#graph { flex: 2; border-left: 1px solid var(--line); min-width: 0; }
canvas { width: 100%; height: 100%; display: block; }
@media print { body { height: auto; display: block; } #graph, #search { display: none; }
  #list { overflow: visible; } .row { position: static; } }
</style>
</head>
<body>
<header>
<h1>Where mail lands</h1>
<p id="coverage"></p>
<input id="search" type="search" autocomplete="off" spellcheck="false"
 aria-label="search" placeholder="search ( / ) - dest: from: mark: domain: bounce">
<span id="count" role="status"></span>
</header>
<main>
<div id="list" tabindex="0" role="list"><div id="spacer"></div></div>
<div id="graph"><canvas id="canvas"></canvas></div>
</main>
<script type="application/json" id="data">)page";

const char* const kPageTail = R"page(</script>
<script>
'use strict';
(() => {
  const began = performance.now();
  const data = JSON.parse(document.getElementById('data').textContent);
  const text = data.texts;
  const count = data.address.length;
  const $ = (id) => document.getElementById(id);
  const ROW = 22;
  const FATES = ['lands', 'partly', 'bounce', 'undecided'];

  $('coverage').textContent = data.coverage;

  // Edges by both ends: where each begins in a list that is sorted by that end.
  function index(ends) {
    const order = new Uint32Array(ends.length).map((_, i) => i).sort((a, b) => ends[a] - ends[b]);
    const first = new Uint32Array(text.length + 1);
    for (const end of ends) first[end + 1]++;
    for (let i = 0; i < text.length; i++) first[i + 1] += first[i];
    return (node) => order.subarray(first[node], first[node + 1]);
  }
  const leaving = index(data.from);
  const entering = index(data.to);

  const folded = new Array(text.length);
  const fold = (i) => folded[i] ?? (folded[i] = text[i].toLowerCase());

  // ---- Search: in slices, so that no key stroke waits for it.

  let found = null;  // Rows that match; null: all.
  let job = 0;

  function parse(query) {
    const filters = [];
    for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
      const colon = word.indexOf(':');
      const kind = colon > 0 ? word.slice(0, colon) : '';
      const rest = word.slice(colon + 1);
      const some = (row, part) => data.goals[row].some((goal) => fold(goal).includes(part));
      if (kind === 'dest') filters.push((row) => some(row, rest));
      else if (kind === 'from') filters.push((row) => fold(data.address[row]).includes(rest));
      else if (kind === 'mark') filters.push((row) => text[data.mark[row]] === rest);
      else if (kind === 'domain') filters.push((row) => fold(data.address[row]).endsWith('@' + rest));
      else if (word === 'bounce') filters.push((row) => data.fate[row] === 1 || data.fate[row] === 2);
      else filters.push((row) => fold(data.address[row]).includes(word) || some(row, word));
    }
    return filters;
  }

  function search() {
    const mine = ++job;
    const filters = parse($('search').value);
    open.clear();
    at = 0;
    if (filters.length === 0) { found = null; show(); return; }
    const matching = [];
    let row = 0;
    const slice = () => {
      if (mine !== job) return;
      const until = performance.now() + 8;
      do {
        for (const end = Math.min(row + 200, count); row < end; row++) {
          if (filters.every((filter) => filter(row))) matching.push(row);
        }
      } while (row < count && performance.now() < until);
      found = matching;
      if (row < count) setTimeout(slice, 0);
      else document.body.dataset.searched = $('search').value;
      show();
    };
    setTimeout(slice, 0);
  }

  // ---- The list: some sixty elements, whatever its length. Open rows have lines below them.

  const open = new Map();  // Row in the list to its lines.
  let at = 0;

  const rows = () => found ? found.length : count;
  const rowAt = (i) => found ? found[i] : i;

  // The way onwards from a node, as lines of a tree.
  function ways(node) {
    const lines = [];
    const walk = (here, depth, seen) => {
      for (const edge of leaving(here)) {
        if (lines.length >= 500) return;
        const to = data.to[edge];
        const again = seen.has(to);
        lines.push({ node: to, text: '  '.repeat(depth) + '\u2514 ' +
          (text[data.step[edge]] ? text[data.step[edge]] + ' \u2192 ' : '') + text[to] +
          (again ? '  \u21bb' : ''), source: text[data.source[edge]] });
        if (!again && depth < 30) walk(to, depth + 1, new Set(seen).add(to));
      }
    };
    walk(node, 1, new Set([node]));
    return lines;
  }

  // Which line of the drawing is what: open ones are few.
  function lineAt(i) {
    let before = 0;
    for (const [row, lines] of [...open.entries()].sort((a, b) => a[0] - b[0])) {
      if (i <= row + before) break;
      if (i <= row + before + lines.length) return { row, line: lines[i - row - before - 1] };
      before += lines.length;
    }
    return { row: i - before };
  }
  function lineCount() {
    let all = rows();
    for (const lines of open.values()) all += lines.length;
    return all;
  }

  function span(kind, content) {
    const element = document.createElement('span');
    element.className = kind;
    element.textContent = content;
    return element;
  }

  function draw(i) {
    const element = document.createElement('div');
    const { row, line } = lineAt(i);
    element.className = 'row' + (i === at ? ' at' : '');
    element.style.top = i * ROW + 'px';
    element.setAttribute('role', 'listitem');
    element.dataset.line = i;
    if (line) {
      element.append(span('where', line.text), span('source', line.source));
      return element;
    }
    const which = rowAt(row);
    element.classList.add('f' + data.fate[which]);
    const goals = data.goals[which];
    element.append(span('who', text[data.address[which]]), span('mark', text[data.mark[which]]),
      span('where', goals.slice(0, 20).map((goal) => text[goal]).join(', ') +
        (goals.length > 20 ? ' \u2026' : '')), span('source', text[data.reply[which]]));
    return element;
  }

  function show() {
    const list = $('list');
    const all = lineCount();
    $('spacer').style.height = all * ROW + 'px';
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 10);
    const last = Math.min(all, first + Math.ceil(list.clientHeight / ROW) + 20);
    const drawn = document.createDocumentFragment();
    for (let i = first; i < last; i++) drawn.append(draw(i));
    for (const old of [...list.querySelectorAll('.row')]) old.remove();
    list.append(drawn);
    $('count').textContent = rows() + ' of ' + count + ' addresses';
  }

  function toggle(i) {
    const { row, line } = lineAt(i);
    if (line) { focus(line.node); return; }
    const node = data.address[rowAt(row)];
    if (open.has(row)) open.delete(row); else open.set(row, ways(node));
    focus(node);
    show();
  }

  function select(i) {
    const list = $('list');
    at = Math.max(0, Math.min(lineCount() - 1, i));
    if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
    if ((at + 1) * ROW > list.scrollTop + list.clientHeight)
      list.scrollTop = (at + 1) * ROW - list.clientHeight;
    show();
  }

  $('search').addEventListener('input', search);
  $('list').addEventListener('scroll', () => requestAnimationFrame(show));
  $('list').addEventListener('click', (event) => {
    const row = event.target.closest('.row');
    if (row && !String(getSelection())) { at = Number(row.dataset.line); toggle(at); }
  });
  document.addEventListener('keydown', (event) => {
    const typing = document.activeElement === $('search');
    const keys = { ArrowDown: () => select(at + 1), ArrowUp: () => select(at - 1),
      PageDown: () => select(at + 20), PageUp: () => select(at - 20), Enter: () => toggle(at) };
    if (event.key === '/' && !typing) $('search').focus();
    else if (event.key === 'Escape') { $('search').value = ''; search(); $('list').focus(); }
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });

  // ---- The drawing: one node and its neighbourhood, in layers by distance. The same each time.

  const canvas = $('canvas');
  let shown = [];

  function neighbourhood(middle) {
    const nodes = new Map([[middle, 0]]);
    for (const [ends, edgesOf, sign] of [[data.to, leaving, 1], [data.from, entering, -1]]) {
      let layer = [middle];
      for (let depth = 1; depth <= 3 && nodes.size < 400; depth++) {
        const next = [];
        for (const node of layer) for (const edge of edgesOf(node)) {
          const other = ends[edge];
          if (!nodes.has(other) && nodes.size < 400) { nodes.set(other, sign * depth); next.push(other); }
        }
        layer = next;
      }
    }
    return nodes;
  }

  function focus(middle) {
    const nodes = neighbourhood(middle);
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * scale; canvas.height = height * scale;
    const pen = canvas.getContext('2d');
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    pen.scale(scale, scale);
    pen.clearRect(0, 0, width, height);
    pen.font = '11px sans-serif';
    const layers = new Map();
    for (const [node, depth] of nodes) layers.set(depth, [...(layers.get(depth) ?? []), node]);
    const depths = [...layers.keys()].sort((a, b) => a - b);
    const place = new Map();
    shown = [];
    depths.forEach((depth, column) => {
      const layer = layers.get(depth);
      layer.forEach((node, i) => {
        const x = 8 + column * (width - 16) / Math.max(1, depths.length);
        const y = (i + 1) * height / (layer.length + 1);
        place.set(node, [x, y]);
        shown.push({ node, x, y });
      });
    });
    for (const node of nodes.keys()) for (const edge of leaving(node)) {
      const to = place.get(data.to[edge]), from = place.get(node);
      if (!to) continue;
      // Backwards goes what goes round in a circle.
      pen.strokeStyle = nodes.get(data.to[edge]) <= nodes.get(node) ? color('--fail') : color('--line');
      pen.beginPath(); pen.moveTo(...from); pen.lineTo(...to); pen.stroke();
    }
    for (const { node, x, y } of shown) {
      pen.fillStyle = node === middle ? color('--fail') : color('--land');
      pen.beginPath(); pen.arc(x, y, 3, 0, 7); pen.fill();
      if (shown.length <= 120) {
        pen.fillStyle = color('--ink');
        pen.fillText(text[node].slice(0, 40), x + 5, y + 4);
      }
    }
  }
  canvas.addEventListener('click', (event) => {
    const nearest = shown.map((spot) => ({ spot, away: Math.hypot(spot.x - event.offsetX, spot.y - event.offsetY) }))
      .sort((a, b) => a.away - b.away)[0];
    if (nearest && nearest.away < 20) focus(nearest.spot.node);
  });

  addEventListener('resize', show);
  show();
  if (count > 0) focus(data.address[0]);
  document.body.dataset.ready = Math.round(performance.now() - began);
})();
</script>
</body>
</html>
)page";

}  // namespace lastmile
