"use strict";
// Three kinds of variation, three marks: people as a hundred dots, choices as a strip of ticks, the
// margin of calculation as a sentence. And the minutes before and after, as bars.

function impactCharts(words, texts) {
  const WIDTH = 400;
  const LEFT = 8;
  const RIGHT = 14;

  function svg(tag, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function chart(height, label) {
    return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, class: "chart" });
  }

  function axisOf(low, high) {
    const x = (value) => LEFT + ((WIDTH - LEFT - RIGHT) * (value - low) / (high - low));
    // a label of three figures and its room are a tenth of the axis
    const step = [5, 10, 20, 50, 100, 200].find((each) => (high - low) / each <= 8) || 500;
    const ticks = [];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
    return { x, ticks };
  }

  function drawAxis(into, { x, ticks }, y) {
    for (const at of ticks) {
      into.append(svg("line", { x1: x(at), x2: x(at), y1: 2, y2: y, class: "grid" }));
      into.append(svg("text", { x: x(at), y: y + 13, class: "tick" }, String(at)));
    }
    into.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "axis" }));
  }

  // the scale of dots and strip is one, so that the eye may go from one to the other
  function range(dots, means) {
    const known = [0, 20, ...dots, ...means];
    return [Math.min(0, Math.floor(Math.min(...known) / 10) * 10), Math.ceil(Math.max(...known) / 10) * 10];
  }

  // one dot for every hundredth of those who must go elsewhere, piled up where they are alike
  function people(dots, [low, high], label) {
    const floor = 92;
    const out = chart(floor + 18, label);
    const axis = axisOf(low, high);
    drawAxis(out, axis, floor);
    const bin = (high - low) / 70;
    const piles = new Map();
    for (const value of dots) {
      const at = Math.floor(value / bin);
      piles.set(at, (piles.get(at) || 0) + 1);
    }
    const gap = Math.min(5.2, (floor - 8) / Math.max(1, ...piles.values()));
    for (const [at, count] of piles) {
      for (let level = 0; level < count; level += 1) {
        out.append(svg("circle", { cx: axis.x((at + 0.5) * bin), cy: floor - 4 - gap * level, r: 2.3, class: "dot" }));
      }
    }
    return out;
  }

  // one tick for each possible choice, a triangle for this one
  function choices(means, mean, [low, high], label) {
    const floor = 40;
    const out = chart(floor + 18, label);
    const axis = axisOf(low, high);
    drawAxis(out, axis, floor);
    const places = [...new Set(means.map((each) => axis.x(each).toFixed(1)))];
    out.append(svg("path", { d: places.map((x) => `M${x} ${floor - 20}v16`).join(""), class: "ticks" }));
    if (Number.isFinite(mean)) {
      const x = axis.x(Math.min(high, Math.max(low, mean)));
      out.append(svg("path", { d: `M${x} ${floor - 22}l-6 -11h12z M${x} ${floor - 22}v20`, class: "here" }));
    }
    return out;
  }

  // minutes of those who must go elsewhere, now and then, in steps of ten minutes
  function bars(before, after, label) {
    const floor = 96;
    const out = chart(floor + 30, label);
    const count = before.length;
    const wide = (WIDTH - LEFT - RIGHT) / count;
    const top = Math.max(...before, ...after, 1e-9);
    before.forEach((share, i) => {
      const x = LEFT + i * wide;
      const bar = (value, shift, name) => {
        const height = (floor - 16) * value / top;
        out.append(svg("rect", { x: x + shift, y: floor - height, width: wide * 0.4, height, class: name }));
      };
      bar(share, wide * 0.08, "bar-before");
      bar(after[i], wide * 0.5, "bar-after");
      // at the edge between two bars: a range in the middle of each would run into the next
      out.append(svg("text", { x, y: floor + 13, class: "tick" }, String(i * 10)));
    });
    out.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: floor, y2: floor, class: "axis" }));
    out.append(svg("text", { x: WIDTH - RIGHT, y: floor + 27, class: "unit" }, texts.axis_minutes));
    return out;
  }

  return { range, people, choices, bars };
}
