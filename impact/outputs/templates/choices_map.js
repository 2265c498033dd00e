"use strict";
// The map of one choice, drawn from the matrix in the page: colours only, never figures.

const TOWNS = 26; // that may have a name

function choicesMap(data) {
  const [south, west, north, east] = data.bounds;
  const squeeze = Math.cos(((south + north) / 2) * Math.PI / 180);
  const wide = (east - west) * squeeze;
  const high = north - south;
  const bytes = Uint8Array.from(atob(data.minutes), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const width = data.locations.length;
  const minutes = (row, column) => {
    const value = view.getUint16(2 * (row * width + column), true);
    return value === 65535 ? Infinity : value / 100;
  };
  const x = (lon) => (lon - west) * squeeze / high;
  const y = (lat) => (north - lat) / high;
  const bandOf = Object.fromEntries(data.bands.map((band) => [band.key, band]));
  const steps = data.bands.filter((band) => /^band_\d/.test(band.key) && band.key !== "band_0");

  // x, y of the first point in steps of a degree, then steps; see impact/outputs/map_shapes.py
  function trace(polygons) {
    const path = new Path2D();
    for (const rings of polygons) {
      for (const ring of rings) {
        let east_ = 0;
        let north_ = 0;
        for (let i = 0; i < ring.length; i += 2) {
          east_ += ring[i];
          north_ += ring[i + 1];
          const point = [x(east_ / data.stepsPerDegree), y(north_ / data.stepsPerDegree)];
          if (i) path.lineTo(...point); else path.moveTo(...point);
        }
        path.closePath();
      }
    }
    return path;
  }
  const shapes = data.postcodes.map((each) => (each[3].length ? trace(each[3]) : null));
  const outline = trace(data.outline);
  const borders = data.municipalities.map(trace);

  function nearest(row, among) {
    let best = Infinity;
    let chosen = -1;
    for (const column of among) {
      const value = minutes(row, column);
      if (value < best) { best = value; chosen = column; }
    }
    return [chosen, best];
  }

  // shares by the formula of the study: see impact/concentration/choice.py
  function shares(row, among, formula) {
    const reached = among.filter((each) => Number.isFinite(minutes(row, each)));
    const score = reached.map((each) => (formula.utility[each] || 0) - formula.beta * minutes(row, each));
    const best = Math.max(...score);
    const weight = score.map((each) => Math.exp(each - best));
    const total = weight.reduce((sum, each) => sum + each, 0);
    return reached.map((each, place) => [each, weight[place] / total]);
  }

  function closest(row, among) {
    const [chosen] = nearest(row, among);
    return chosen < 0 ? [] : [[chosen, 1]];
  }

  // by catchments: only to the network of the provider in whose catchment the postcode lies
  function ofNetwork(row, asked, among) {
    const own = asked.catchment.before[row];
    const home = asked.catchment.networks.find((each) => each.includes(own)) || [own];
    return among.filter((each) => home.includes(each));
  }

  // where the people of a postcode are today: [location, share]
  function today(row, asked) {
    if (asked.formula) return shares(row, asked.baseline, asked.formula);
    if (asked.catchment) return asked.catchment.before[row] < 0 ? [] : [[asked.catchment.before[row], 1]];
    return asked.counted ? asked.counted[row] : closest(row, asked.baseline);
  }

  function band(row, asked, change) {
    const { formula, counted, catchment } = asked;
    const among = catchment ? ofNetwork(row, asked, change.left) : change.left;
    const left = formula ? shares(row, among, formula) : closest(row, among);
    const drawn = formula ? left.filter(([each]) => change.joins.has(each)) : [];
    const kept = 1 - drawn.reduce((sum, [, share]) => sum + share, 0);
    const moved = [0, 0];
    const before = [0, 0];
    const after = [0, 0];
    const add = (sum, weight, value) => { if (weight > 0 && Number.isFinite(value)) { sum[0] += weight; sum[1] += weight * value; } };
    const now = today(row, asked);
    const driven = (column) => (catchment && catchment.whole ? Math.round(minutes(row, column)) : minutes(row, column));
    const goes = catchment ? catchment.share : 1;
    for (const [own, share] of now) {
      const from = driven(own);
      add(before, share, from);
      let takers = left;
      if (change.stops.has(own)) takers = change.moves[own] || left;
      else if (formula || counted) takers = [[own, kept], ...drawn];
      for (const [taker, part] of takers) {
        const to = driven(taker);
        add(after, share * part * goes, to);
        if (goes < 1) add(after, share * part * (1 - goes), from);
        if (change.stops.has(own)) add(moved, share * part * goes, to - from);
      }
    }
    if (!(now.length ? after[0] : left.length)) return "no_route";
    if (!moved[0]) return after[1] / after[0] - before[1] / before[0] < -0.005 ? "band_shorter" : "band_nobody";
    const extra = moved[1] / moved[0];
    if (Math.abs(extra) < 0.005) return "band_0";
    if (extra < 0) return "band_shorter";
    return steps.find((each) => each.high === null || extra <= each.high).key;
  }

  function mark(pen, column, role, at, size) {
    const [px, py] = at(data.locations[column][2], data.locations[column][1]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = "#fff";
    pen.beginPath();
    if (role === "stops") {
      for (const [line, colour] of [[7, "#fff"], [3.5, "#a3000b"]]) {
        pen.lineWidth = line;
        pen.strokeStyle = colour;
        pen.beginPath();
        pen.moveTo(px - size, py - size);
        pen.lineTo(px + size, py + size);
        pen.moveTo(px + size, py - size);
        pen.lineTo(px - size, py + size);
        pen.stroke();
      }
    } else if (role === "opens") {
      pen.fillStyle = "#0b7a3b";
      pen.moveTo(px, py - size - 2);
      pen.lineTo(px + size + 2, py + size);
      pen.lineTo(px - size - 2, py + size);
      pen.closePath();
      pen.fill();
      pen.stroke();
    } else {
      pen.fillStyle = "#111";
      pen.arc(px, py, size, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
    return [px, py];
  }

  function label(pen, taken, text, px, py, colour, wideOut, isTown = false) {
    pen.font = "12px 'Segoe UI', Arial, 'Liberation Sans', sans-serif";
    const long = pen.measureText(text).width;
    const upon = isTown ? [[px - long / 2, py + 4]] : [];
    const around = [[px + 9, py + 4], [px - 9 - long, py + 4], [px - long / 2, py - 10], [px - long / 2, py + 20]];
    for (const [left, top] of [...upon, ...around]) {
      const box = [left, top - 11, left + long, top + 3];
      const free = box[0] >= 0 && box[2] <= wideOut
        && taken.every((other) => box[0] > other[2] || box[2] < other[0] || box[1] > other[3] || box[3] < other[1]);
      if (!free) continue;
      taken.push(box);
      pen.lineWidth = 3.5;
      pen.lineJoin = "round";
      pen.strokeStyle = "#fff";
      pen.strokeText(text, left, top);
      pen.fillStyle = colour;
      pen.fillText(text, left, top);
      return;
    }
  }

  return function draw(canvas, asked, change, printing) {
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    const pen = canvas.getContext("2d");
    const scale = Math.min((box.height - 16) , (box.width - 16) * high / wide);
    const left = (box.width - scale * wide / high) / 2;
    const top = (box.height - scale) / 2;
    const at = (lon, lat) => [left + scale * x(lon), top + scale * y(lat)];
    const joins = new Set([...change.opens, ...(change.all ? asked.beyond : [])]);
    const left_ = new Set([...asked.baseline, ...joins]);
    change.stops.forEach((each) => left_.delete(each));
    const now = { ...change, joins, left: [...left_].sort((a, b) => a - b) };
    const counts = {};
    pen.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * left, ratio * top);
    pen.lineWidth = 0.7 / scale;
    const fills = impactFills(pen, bandOf.band_shorter.fill);
    for (const each of Object.values(fills)) each.setTransform(new DOMMatrix().scale(1 / scale));
    data.postcodes.forEach((each, row) => {
      const key = band(row, asked, now);
      counts[key] = (counts[key] || 0) + 1;
      // in grey print the light grey of nobody would pass for a band of minutes
      pen.fillStyle = fills[printing && key === "band_nobody" ? "nobody" : key] || bandOf[key].fill;
      if (shapes[row]) {
        pen.fill(shapes[row]);
        if (key !== "no_route" && !(printing && key === "band_nobody")) { pen.strokeStyle = pen.fillStyle; pen.stroke(shapes[row]); }
      } else {
        pen.strokeStyle = "#555";
        pen.beginPath();
        pen.arc(x(each[2]), y(each[1]), 4 / scale, 0, 2 * Math.PI);
        pen.fill();
        pen.stroke();
      }
    });
    // over the neighbour in whose area the point lies
    for (const row of data.ringed) {
      pen.strokeStyle = "#1b1b1b";
      pen.lineWidth = 1.6 / scale;
      pen.beginPath();
      pen.arc(x(data.postcodes[row][2]), y(data.postcodes[row][1]), 4 / scale, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.strokeStyle = "rgba(255,255,255,.75)";
    pen.lineWidth = 0.9 / scale;
    borders.forEach((each) => pen.stroke(each));
    pen.strokeStyle = "#333";
    pen.lineWidth = 1.2 / scale;
    pen.stroke(outline);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const taken = [];
    const stay = asked.providers.filter((each) => !change.stops.has(each));
    const spots = [
      ...[...change.stops].map((each) => [each, "stops"]),
      ...change.opens.map((each) => [each, "opens"]),
      ...stay.map((each) => [each, "stays"]),
    ].map(([each, role]) => {
      const [px, py] = mark(pen, each, role, at, 6);
      taken.push([px - 7, py - 7, px + 7, py + 7]);
      return [each, role, px, py];
    });
    const colours = { stops: "#8f000a", opens: "#0a6a33", stays: "#111" };
    for (const [each, role, px, py] of spots) {
      const name = data.locations[each][0].replace(/\s*\([^()]*\)$/, "");
      label(pen, taken, name, px, py, colours[role], box.width);
    }
    for (const [name, lat, lon] of data.towns.slice(0, TOWNS)) label(pen, taken, name, ...at(lon, lat), "#23282c", box.width, true);
    canvas.dataset.bands = JSON.stringify(counts);
    return counts;
  };
}
