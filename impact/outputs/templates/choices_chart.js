"use strict";
// The scatter: one point per choice, on a canvas, so that thousands stay smooth.

function choicesChart(canvas, words) {
  const LINE = 15;
  let spots = [];

  function ticks(low, high, most) {
    const rough = (high - low) / most || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough));
    const out = [];
    for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) out.push(value);
    return out;
  }

  function extent(values) {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    if (low > high) return [0, 1];
    const room = (high - low) * 0.05 || 1;
    // what lies at zero stays clear of the axis and its labels
    return [low >= 0 ? Math.max(-0.8 * room, low - room) : low - room, high + room];
  }

  // lines of a title, at most two: on a phone it is wider than its axis
  function wrapped(pen, text, wide) {
    const words_ = text.split(" ");
    let fits = words_.length;
    while (fits > 1 && pen.measureText(words_.slice(0, fits).join(" ")).width > wide) fits -= 1;
    return [words_.slice(0, fits), words_.slice(fits)].filter((each) => each.length).map((each) => each.join(" "));
  }

  const shapes = {
    front(pen, x, y) {
      pen.fillStyle = "#e07b00";
      pen.strokeStyle = "#5b3200";
      pen.lineWidth = 1.2;
      pen.beginPath();
      pen.moveTo(x, y - 6);
      pen.lineTo(x + 6, y);
      pen.lineTo(x, y + 6);
      pen.lineTo(x - 6, y);
      pen.closePath();
      pen.fill();
      pen.stroke();
    },
    rule(pen, x, y) {
      pen.strokeStyle = "#111";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x, y, 8, 0, 2 * Math.PI);
      pen.stroke();
    },
    scenario(pen, x, y) {
      pen.fillStyle = "#6a2c91";
      pen.strokeStyle = "#fff";
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.rect(x - 5.5, y - 5.5, 11, 11);
      pen.fill();
      pen.stroke();
    },
    baseline(pen, x, y) {
      pen.fillStyle = "#fff";
      pen.strokeStyle = "#111";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(x, y - 7);
      pen.lineTo(x + 7, y + 6);
      pen.lineTo(x - 7, y + 6);
      pen.closePath();
      pen.fill();
      pen.stroke();
    },
    least(pen, x, y) {
      pen.fillStyle = "#0b7a3b";
      pen.strokeStyle = "#fff";
      pen.lineWidth = 1.5;
      pen.beginPath();
      for (let point = 0; point < 10; point += 1) {
        const far = point % 2 ? 4 : 10;
        const turn = Math.PI * (point / 5 - 0.5);
        pen.lineTo(x + far * Math.cos(turn), y + far * Math.sin(turn));
      }
      pen.closePath();
      pen.fill();
      pen.stroke();
    },
    displayed(pen, x, y) {
      shapes.rule(pen, x, y);
      pen.fillStyle = "#111";
      pen.beginPath();
      pen.arc(x, y, 3.5, 0, 2 * Math.PI);
      pen.fill();
    },
    chosen(pen, x, y) {
      for (const [line, colour] of [[5, "#fff"], [2.5, "#c2102e"]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = line;
        pen.beginPath();
        pen.arc(x, y, 11, 0, 2 * Math.PI);
        pen.stroke();
      }
    },
  };

  // points: {x: [...], y: [...]} with null where unknown; marks: [{kind, x, y, key}]
  function draw({ x, y, labelX, labelY, marks, front, chosen, band }) {
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [lowX, highX] = extent([...x, ...marks.map((each) => each.x), ...(band && band.axis === "x" ? [band.low, band.high] : [])]);
    const [lowY, highY] = extent([...y, ...marks.map((each) => each.y), ...(band && band.axis === "y" ? [band.low, band.high] : [])]);
    pen.font = "12px 'Segoe UI', Arial, 'Liberation Sans', sans-serif";
    const margin = { left: 63, right: 14, top: 14, bottom: 35 };
    // two lines of the one title leave the other axis shorter: reckon with them at once
    const titleX = wrapped(pen, labelX, box.width - margin.left - 2 * LINE - margin.right);
    const titleY = wrapped(pen, labelY, box.height - margin.top - margin.bottom - 2 * LINE);
    margin.left += LINE * titleY.length;
    margin.bottom += LINE * titleX.length;
    const inner = { width: box.width - margin.left - margin.right, height: box.height - margin.top - margin.bottom };
    const px = (value) => margin.left + (value - lowX) / (highX - lowX) * inner.width;
    const py = (value) => margin.top + (highY - value) / (highY - lowY) * inner.height;
    if (band) {
      pen.fillStyle = "rgba(31,78,121,.10)";
      if (band.axis === "x") pen.fillRect(px(band.low), margin.top, px(band.high) - px(band.low), inner.height);
      else pen.fillRect(margin.left, py(band.high), inner.width, py(band.low) - py(band.high));
    }
    pen.strokeStyle = "#dde4ea";
    pen.fillStyle = "#52606d";
    pen.lineWidth = 1;
    pen.textAlign = "center";
    for (const value of ticks(lowX, highX, Math.max(3, inner.width / 80))) {
      pen.beginPath();
      pen.moveTo(px(value), margin.top);
      pen.lineTo(px(value), margin.top + inner.height);
      pen.stroke();
      pen.fillText(words.number(value), px(value), margin.top + inner.height + 16);
    }
    pen.textAlign = "right";
    for (const value of ticks(lowY, highY, Math.max(3, inner.height / 50))) {
      pen.beginPath();
      pen.moveTo(margin.left, py(value));
      pen.lineTo(margin.left + inner.width, py(value));
      pen.stroke();
      pen.fillText(words.short(value), margin.left - 6, py(value) + 4);
    }
    pen.fillStyle = "#1b2733";
    pen.textAlign = "center";
    titleX.forEach((line, at) => {
      const below = box.height - 12 - LINE * (titleX.length - 1 - at);
      pen.fillText(line, margin.left + inner.width / 2, below, inner.width);
    });
    pen.save();
    pen.translate(13, margin.top + inner.height / 2);
    pen.rotate(-Math.PI / 2);
    titleY.forEach((line, at) => pen.fillText(line, 0, LINE * at, inner.height));
    pen.restore();
    spots = [];
    pen.fillStyle = x.length > 500 ? "rgba(36,84,130,.38)" : "rgba(36,84,130,.75)";
    const radius = x.length > 500 ? 2.2 : 4;
    x.forEach((value, row) => {
      if (value === null || y[row] === null) return;
      const spot = [px(value), py(y[row]), row];
      spots.push(spot);
      pen.beginPath();
      pen.arc(spot[0], spot[1], radius, 0, 2 * Math.PI);
      pen.fill();
    });
    for (const row of front) if (x[row] !== null && y[row] !== null) shapes.front(pen, px(x[row]), py(y[row]));
    const drawn = marks.filter((each) => each.x !== null && each.y !== null);
    for (const each of drawn) {
      shapes[each.kind](pen, px(each.x), py(each.y));
      if (typeof each.key === "string") spots.unshift([px(each.x), py(each.y), each.key]);
    }
    if (chosen && chosen.x !== null && chosen.y !== null) shapes.chosen(pen, px(chosen.x), py(chosen.y));
    const inside = [margin.left, margin.top, margin.left + inner.width, margin.top + inner.height];
    const taken = drawn.map((each) => [px(each.x) - 9, py(each.y) - 9, px(each.x) + 9, py(each.y) + 9]);
    for (const each of drawn.reverse()) if (each.label) label(pen, taken, inside, each.label, px(each.x), py(each.y));
  }

  // beside a mark, where it covers no other and stays inside the axes
  function label(pen, taken, inside, text, x, y) {
    const long = pen.measureText(text).width;
    for (const [left, base] of [[x + 14, y + 4], [x - 14 - long, y + 4], [x - long / 2, y - 16], [x - long / 2, y + 25]]) {
      const box = [left - 2, base - 11, left + long + 2, base + 4];
      const free = box[0] >= inside[0] && box[1] >= inside[1] && box[2] <= inside[2] && box[3] <= inside[3]
        && taken.every((other) => box[0] > other[2] || box[2] < other[0] || box[1] > other[3] || box[3] < other[1]);
      if (!free) continue;
      taken.push(box);
      pen.textAlign = "left";
      pen.lineWidth = 4;
      pen.lineJoin = "round";
      pen.strokeStyle = "#fff";
      pen.strokeText(text, left, base);
      pen.fillStyle = "#1b2733";
      pen.fillText(text, left, base);
      return;
    }
  }

  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    let best = 24 ** 2;
    let found = null;
    for (const [sx, sy, key] of spots) {
      const far = (sx - x) ** 2 + (sy - y) ** 2;
      if (far < best) { best = far; found = key; }
    }
    return found;
  }

  function icon(kind) {
    const small = document.createElement("canvas");
    small.width = small.height = 40;
    small.style.cssText = "width:20px;height:20px;display:inline-block;vertical-align:-5px;margin-right:6px";
    small.setAttribute("aria-hidden", "true");
    const pen = small.getContext("2d");
    pen.scale(2, 2);
    if (kind === "candidate") {
      pen.fillStyle = "rgba(36,84,130,.75)";
      pen.beginPath();
      pen.arc(10, 10, 3, 0, 2 * Math.PI);
      pen.fill();
    } else if (kind === "published") {
      pen.fillStyle = "rgba(31,78,121,.2)";
      pen.fillRect(2, 2, 16, 16);
    } else if (kind === "chosen") {
      pen.scale(0.7, 0.7);
      shapes.chosen(pen, 14, 14);
    } else shapes[kind](pen, 10, 10);
    return small;
  }

  return { draw, nearest, icon, spots: () => spots };
}
