"use strict";
// The map: postcodes on a canvas, one fill per band; hospitals as buttons and names over it.

// of towns in the region, and around it, that may have a name when all is shown; more when zoomed in
const TOWNS = [26, 8];
const SPARE = 60;
// villages have their names from this enlargement, and no more of them at a time
const VILLAGES_FROM = 3;
const VILLAGES = 80;

function impactExplorerMap(frame, data, handlers) {
  const canvas = frame.querySelector("canvas");
  const over = frame.querySelector(".over");
  const context = canvas.getContext("2d");
  const [[south, west], [north, east]] = data.bounds;
  const stretch = Math.cos((south + north) / 2 * Math.PI / 180);
  const UNITS = 1000;
  const PAD = 0.04 * Math.max((east - west) * stretch, north - south);
  const project = (lat, lon) => [((lon - west) * stretch + PAD) * UNITS, (north - lat + PAD) * UNITS];
  const size = [((east - west) * stretch + 2 * PAD) * UNITS, (north - south + 2 * PAD) * UNITS];

  // ---- shapes, once ----

  function pathOf(encoded) {
    const path = new Path2D();
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const rings of encoded) {
      for (const steps of rings) {
        let [x, y] = [0, 0];
        for (let i = 0; i < steps.length; i += 2) {
          x += steps[i];
          y += steps[i + 1];
          const [px, py] = project(y / data.stepsPerDegree, x / data.stepsPerDegree);
          if (i === 0) path.moveTo(px, py); else path.lineTo(px, py);
          box[0] = Math.min(box[0], px); box[1] = Math.min(box[1], py);
          box[2] = Math.max(box[2], px); box[3] = Math.max(box[3], py);
        }
        path.closePath();
      }
    }
    return { path, box };
  }

  function discOf(lat, lon) {
    const [x, y] = project(lat, lon);
    const radius = 0.008 * UNITS;
    const path = new Path2D();
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return { path, box: [x - radius, y - radius, x + radius, y + radius] };
  }

  const joined = (paths) => {
    const out = new Path2D();
    for (const path of paths) out.addPath(path);
    return out;
  };
  const shapes = data.postcodes.map(([, , , , lat, lon, encoded]) => (encoded.length ? pathOf(encoded) : discOf(lat, lon)));
  const land = joined(data.provinces.map(([, , , encoded]) => pathOf(encoded).path));
  const municipalities = joined(data.municipalities.map(([, , , encoded]) => pathOf(encoded).path));
  const outline = pathOf(data.outline).path;
  const all = joined(shapes.map(({ path }) => path));
  const few = new Set(data.few);
  const ringed = data.ringed.map((at) => [at, discOf(data.postcodes[at][4], data.postcodes[at][5])]);
  const rings = joined(ringed.map(([, { path }]) => path));

  // ---- fills ----

  const fills = impactFills(context, data.colours[data.bands.indexOf("band_shorter")]);

  let layers = [];
  let shown = [];
  let chosen = [];
  let printing = false;

  function colour(bands) {
    const groups = data.bands.map(() => []);
    const hatched = [];
    bands.forEach((band, at) => {
      groups[band].push(shapes[at].path);
      if (few.has(at) && data.bands[band] !== "no_route") hatched.push(shapes[at].path);
    });
    layers = groups.map((paths, band) => [data.bands[band], joined(paths), paths.length]).filter(([, , n]) => n);
    // over the neighbour in whose area the point lies
    for (const [at, { path }] of ringed) layers.push([data.bands[bands[at]], path]);
    shown = bands;
    if (hatched.length) layers.push(["few", joined(hatched)]);
    draw();
  }

  function fillOf(band, inverse) {
    // in grey print the light grey of nobody would pass for a band of minutes
    const key = printing && band === "band_nobody" ? "nobody" : band;
    if (fills[key]) {
      fills[key].setTransform(inverse);
      return fills[key];
    }
    return data.colours[data.bands.indexOf(key)];
  }

  // land and lines depend on the view alone: they are kept, so that another choice only fills
  const drawing = document.createElement("canvas");
  const pen = drawing.getContext("2d");
  const ground = document.createElement("canvas");
  const brush = ground.getContext("2d");
  let drawn = "";
  let grounded = "";

  const viewed = (dots) => {
    const { scale, x, y } = mapView.view;
    return [scale, x, y, dots, canvas.width, canvas.height, printing].join();
  };

  function drawGround(dots) {
    const now = viewed(dots);
    if (now === grounded) return;
    grounded = now;
    const { scale, x, y, wide, high } = mapView.view;
    ground.width = canvas.width;
    ground.height = canvas.height;
    brush.setTransform(dots, 0, 0, dots, 0, 0);
    brush.fillStyle = printing ? fills.water : "#e6eaec";
    fills.water.setTransform(new DOMMatrix());
    brush.fillRect(-SPARE, -SPARE, wide + 2 * SPARE, high + 2 * SPARE); // a printed pattern ends early
    brush.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    brush.fillStyle = printing ? "#ffffff" : "#f7f6f1";
    brush.fill(land);
  }

  function drawLines(dots) {
    const { scale, x, y } = mapView.view;
    const now = `${viewed(dots)},${chosen}`;
    if (now === drawn) return;
    drawn = now;
    drawing.width = canvas.width;
    drawing.height = canvas.height;
    pen.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    // lines between thousands of postcodes would hide their colours
    if (shapes.length < 2500 || mapView.zoomed() > 3) line(all, "rgba(255,255,255,.55)", 0.5);
    line(municipalities, "rgba(77,83,88,.55)", 0.7);
    line(land, "#5a5f63", 1.1, [6, 3]);
    line(outline, "#1b1b1b", 1.8);
    line(rings, "#1b1b1b", 1.6);
    for (const at of chosen) line(shapes[at].path, "#000000", 2.4);
  }

  function line(path, style, wide, dash = []) {
    const { scale } = mapView.view;
    pen.strokeStyle = style;
    pen.lineWidth = wide / scale;
    pen.setLineDash(dash.map((each) => each / scale));
    pen.stroke(path);
  }

  function draw() {
    const dots = printing ? 3 : window.devicePixelRatio || 1;
    const { scale, x, y, wide, high } = mapView.view;
    if (canvas.width !== Math.round(wide * dots) || canvas.height !== Math.round(high * dots)) {
      canvas.width = Math.round(wide * dots);
      canvas.height = Math.round(high * dots);
    }
    drawGround(dots);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(ground, 0, 0);
    context.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    const inverse = new DOMMatrix([1 / scale, 0, 0, 1 / scale, -x / scale, -y / scale]);
    for (const [key, path] of layers) {
      context.fillStyle = fillOf(key, inverse);
      context.fill(path);
    }
    drawLines(dots);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(drawing, 0, 0);
    placeOver();
  }

  // ---- hospitals and names ----

  let marks = [];
  let labels = [];

  // they get their places with the next drawing
  function setHospitals(hospitals) {
    const before = document.activeElement && document.activeElement.dataset.at;
    const inMap = over.contains(document.activeElement);
    over.replaceChildren();
    marks = hospitals.map((hospital) => {
      const [name, short, lat, lon] = data.locations[hospital.at];
      const tag = hospital.fixed ? "span" : "button";
      const mark = impactElement(tag, `mark mark-${hospital.role}`, undefined, { title: `${name}: ${hospital.says}`, "data-at": hospital.at });
      if (!hospital.fixed) {
        mark.type = "button";
        mark.tabIndex = -1; // the list of hospitals is the way for the keyboard
        mark.setAttribute("aria-pressed", String(hospital.performs));
        mark.setAttribute("aria-label", name);
        mark.addEventListener("click", () => handlers.toggle(hospital.at));
      } else {
        mark.setAttribute("role", "img");
        mark.setAttribute("aria-label", `${name}: ${hospital.says}`);
      }
      mark.append(symbolOf([...(hospital.more ? ["more"] : []), hospital.role], Math.round(28 * hospital.size)));
      over.append(mark);
      if (inMap && before === String(hospital.at)) mark.focus();
      return { made: mark, at: project(lat, lon), rank: hospital.rank, short, role: hospital.role, more: hospital.more, size: hospital.size };
    });
    labels = [...marks].sort((a, b) => b.rank - a.rank)
      .map(({ short, at, role, more, size: large }) => made({ text: short, kind: role === "stays" && more ? "more" : role, at, gap: (more ? 17 : 13) * Math.max(1, large) }));
    measure([...labels, ...areas]);
  }

  function made(label) {
    const name = impactElement("span", `name name-${label.kind}`, label.text, { "aria-hidden": "true" });
    (label.gap ? over : under).append(name);
    return { ...label, made: name };
  }

  // names of towns and provinces do not depend on the choice: they are made once
  const under = impactElement("div", "under");
  over.before(under);
  const within = data.towns.filter(([, , , inside]) => inside).length;
  const areas = [
    ...data.towns.map(([text, lat, lon, inside], at) => ({ text, kind: "town", at: project(lat, lon), gap: 0, rank: inside ? at / TOWNS[0] : (at - within) / TOWNS[1] })),
    ...data.provinces.map(([text, lat, lon]) => ({ text, kind: "province", at: project(lat, lon), gap: 0, rank: 0 })),
  ].map(made);
  // of each village the postcode with most residents; a name that it shares with a town is there already
  const townNames = new Set(data.towns.map(([text]) => text));
  const villages = [...data.postcodes.keys()]
    .sort((a, b) => (data.search.people[b] ?? 0) - (data.search.people[a] ?? 0))
    .filter((at) => {
      const name = data.search.labels[at] ?? data.postcodes[at][1];
      if (!name || townNames.has(name)) return false;
      townNames.add(name);
      return true;
    })
    .map((at) => ({ text: data.postcodes[at][1], kind: "village", at: project(data.postcodes[at][4], data.postcodes[at][5]), gap: 0, rank: 0 }));

  // a name is made when it is first in view
  function villagesIn({ scale, x, y, wide, high }) {
    const near = mapView.zoomed() < VILLAGES_FROM ? [] : villages.filter(({ at: [px, py] }) => {
      const [left, top] = [px * scale + x, py * scale + y];
      return left > 0 && left < wide && top > 0 && top < high;
    }).slice(0, VILLAGES);
    const shownNow = new Set(near);
    for (const village of villages) {
      if (shownNow.has(village)) village.made = village.made || made(village).made;
      else if (village.made) {
        village.made.classList.remove("placed");
        village.spot = null;
      }
    }
    measure(near);
    return near;
  }

  const islands = data.islands.map(([name, lat, lon]) => {
    const icon = impactElement("span", "mark", undefined, { role: "img", "aria-label": `${name}: ${data.texts.island_without_cars}`, title: `${name}: ${data.texts.island_without_cars}` });
    icon.append(symbolOf(["island"], 24));
    under.append(icon);
    return { made: icon, at: project(lat, lon) };
  });

  function symbolOf(symbols, wide) {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [key, value] of Object.entries({ viewBox: "0 0 28 28", width: wide, height: wide, "aria-hidden": "true" })) icon.setAttribute(key, value);
    for (const symbol of symbols) {
      const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
      use.setAttribute("href", `#symbol-${symbol}`);
      icon.append(use);
    }
    return icon;
  }

  // sizes are asked for in one go, and once: every question makes the browser lay out the page
  const sizes = new Map();
  function measure(wanted) {
    const key = ({ kind, text }) => `${kind} ${text}`;
    for (const label of wanted) {
      if (!sizes.has(key(label))) sizes.set(key(label), [label.made.offsetWidth, label.made.offsetHeight]);
      [label.wide, label.high] = sizes.get(key(label));
    }
  }

  // where a name may stand beside its symbol: near and then farther, what is read best first
  const enlarged = () => (document.body.dataset.view === "beamer" ? 1.5 : 1);
  function spotsOf({ gap: near, wide, high }, px, py) {
    const gap = near * enlarged();
    const middle = py - high / 2;
    if (!gap) {
      return [[px - wide / 2, middle], ...[6, 14].flatMap((off) => [
        [px - wide / 2, py + off], [px - wide / 2, py - off - high], [px + off, middle], [px - off - wide, middle],
      ])];
    }
    return [gap, 2.2 * gap].flatMap((off) => [
      [px + off, middle], [px - off - wide, middle], [px - wide / 2, py + off], [px - wide / 2, py - off - high],
      [px + off * 0.6, py + off * 0.6], [px + off * 0.6, py - off * 0.6 - high],
      [px - off * 0.6 - wide, py + off * 0.6], [px - off * 0.6 - wide, py - off * 0.6 - high],
      [px - wide * 0.75, py + off], [px - wide * 0.25, py + off], [px - wide * 0.75, py - off - high], [px - wide * 0.25, py - off - high],
    ]);
  }

  const sides = new Map();
  function placeOver() {
    const { scale, x, y, wide, high } = mapView.view;
    const screen = ([px, py]) => [px * scale + x, py * scale + y];
    const taken = printing ? [] : [[0, 0, 46, 132]]; // the buttons for zooming
    for (const { made: mark, at, size: large = 1 } of [...islands, ...marks]) {
      const half = 12 * enlarged() * Math.max(1, large);
      const [px, py] = screen(at);
      mark.style.transform = `translate(${px}px, ${py}px) translate(-50%, -50%)`;
      taken.push([px - half, py - half, px + half, py + half]);
    }
    const towns = mapView.zoomed() ** 1.5;
    for (const label of [...labels, ...areas, ...villagesIn(mapView.view)]) {
      const [px, py] = screen(label.at);
      const { wide: w, high: h } = label;
      const spots = label.kind === "town" && label.rank >= towns ? [] : spotsOf(label, px, py);
      const room = label.gap ? 0 : 4; // between names of towns and villages
      const free = (spot) => {
        if (!spot) return false;
        const [left, top] = spot;
        const box = [left - room, top - room, left + w + room, top + h + room];
        return box[0] > 2 && box[1] > 2 && box[2] < wide - 2 && box[3] < high - 2
          && !taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      };
      // a name stays on its side of the symbol while it can
      const kept = spots[sides.get(label.text)];
      const fits = free(kept) ? kept : spots.find(free);
      label.made.classList.toggle("placed", Boolean(fits));
      label.spot = fits;
      if (!fits) continue;
      sides.set(label.text, spots.indexOf(fits));
      taken.push([fits[0], fits[1], fits[0] + w, fits[1] + h]);
      label.made.style.transform = `translate(${fits[0]}px, ${fits[1]}px)`;
    }
  }

  // letters have another size: on a beamer, and on paper
  function resized() {
    sizes.clear();
    measure([...labels, ...areas]);
    mapView.resize();
    draw();
  }

  // ---- what is shown, as a picture that scales ----

  function picture() {
    const { scale, x, y, wide, high } = mapView.view;
    const inView = ([left, top, right, bottom]) => right * scale + x > 0 && left * scale + x < wide && bottom * scale + y > 0 && top * scale + y < high;

    // tenths of a pixel, from point to point
    function outlined(encoded) {
      const parts = [];
      for (const rings of encoded) {
        for (const steps of rings) {
          let [lon, lat] = [0, 0];
          let last = null;
          const line = [];
          for (let i = 0; i < steps.length; i += 2) {
            lon += steps[i];
            lat += steps[i + 1];
            const [ux, uy] = project(lat / data.stepsPerDegree, lon / data.stepsPerDegree);
            const now = [Math.round(10 * (ux * scale + x)), Math.round(10 * (uy * scale + y))];
            if (!last) line.push(`M${now[0] / 10} ${now[1] / 10}`);
            else if (now[0] !== last[0] || now[1] !== last[1]) line.push(`l${(now[0] - last[0]) / 10} ${(now[1] - last[1]) / 10}`);
            else continue;
            last = now;
          }
          if (line.length > 2) parts.push(`${line.join("")}z`);
        }
      }
      return parts.join("");
    }

    function parts(svg, fillOf) {
      const path = (d, attributes) => svg("path", { d, "fill-rule": "evenodd", ...attributes });
      const dot = ([lat, lon], attributes) => {
        const [ux, uy] = project(lat, lon);
        return svg("circle", { cx: (ux * scale + x).toFixed(1), cy: (uy * scale + y).toFixed(1), r: Math.max(3, 8 * scale).toFixed(1), ...attributes });
      };
      const of = (list) => list.map(([, , , encoded]) => outlined(encoded)).join("");
      const out = [svg("rect", { width: wide, height: high, fill: "url(#impact-water)" }), path(of(data.provinces), { fill: "#ffffff" })];
      const visible = shapes.map((shape, at) => at).filter((at) => inView(shapes[at].box));
      const points = new Map(ringed);
      data.bands.forEach((key, band) => {
        const mine = visible.filter((at) => shown[at] === band);
        const areasOf = mine.map((at) => outlined(data.postcodes[at][6])).join("");
        if (areasOf) out.push(path(areasOf, { fill: fillOf(key), stroke: "#ffffff", "stroke-width": 0.3 }));
        out.push(...mine.filter((at) => !data.postcodes[at][6].length || points.has(at)).map((at) => dot(data.postcodes[at].slice(4, 6), { fill: fillOf(key), ...(points.has(at) ? { stroke: "#1b1b1b", "stroke-width": 1.4 } : {}) })));
      });
      const striped = visible.filter((at) => few.has(at) && data.bands[shown[at]] !== "no_route").map((at) => outlined(data.postcodes[at][6])).join("");
      if (striped) out.push(path(striped, { fill: "url(#impact-few)" }));
      out.push(path(of(data.provinces), { fill: "none", stroke: "#5a5f63", "stroke-width": 1, "stroke-dasharray": "6 3" }));
      out.push(path(of(data.municipalities), { fill: "none", stroke: "#4d5358", "stroke-opacity": 0.55, "stroke-width": 0.7 }));
      out.push(path(outlined(data.outline), { fill: "none", stroke: "#1b1b1b", "stroke-width": 1.8 }));
      for (const { made: mark, at } of [...islands, ...marks]) {
        const [px, py] = [at[0] * scale + x, at[1] * scale + y];
        const icon = mark.firstChild.cloneNode(true);
        const size = Number(icon.getAttribute("width"));
        for (const [key, value] of Object.entries({ x: (px - size / 2).toFixed(1), y: (py - size / 2).toFixed(1) })) icon.setAttribute(key, value);
        out.push(icon);
      }
      for (const { made: name, spot, text, high: h } of [...labels, ...areas, ...villages]) {
        if (!spot) continue;
        const style = getComputedStyle(name);
        out.push(svg("text", {
          x: spot[0].toFixed(1), y: (spot[1] + 0.8 * h).toFixed(1), fill: style.color, "font-size": parseFloat(style.fontSize), "font-weight": style.fontWeight,
          "font-style": style.fontStyle, "letter-spacing": parseFloat(style.letterSpacing) || 0, "paint-order": "stroke", stroke: "#ffffff", "stroke-width": 3, "stroke-linejoin": "round",
        }, style.textTransform === "uppercase" ? text.toUpperCase() : text));
      }
      return out;
    }

    return { wide, high, parts };
  }

  // ---- pointing ----

  function postcodeAt([px, py]) {
    const { scale, x, y } = mapView.view;
    const [ux, uy] = [(px - x) / scale, (py - y) / scale];
    context.setTransform(1, 0, 0, 1, 0, 0);
    const ring = ringed.find(([, { path }]) => context.isPointInPath(path, ux, uy));
    return ring ? ring[0] : shapes.findIndex(({ path, box }) => ux >= box[0] && ux <= box[2] && uy >= box[1] && uy <= box[3]
      && context.isPointInPath(path, ux, uy));
  }

  frame.addEventListener("click", (event) => {
    if (event.target.closest("button") || mapView.wasDragged()) return;
    const at = postcodeAt(mapView.local(event));
    if (at >= 0) handlers.choose(at);
  });
  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons || event.target.closest("button")) return handlers.hover(-1);
    const point = mapView.local(event);
    return handlers.hover(postcodeAt(point), point);
  });
  frame.addEventListener("pointerleave", () => handlers.hover(-1));

  function choose(list, zoomTo) {
    chosen = list;
    if (zoomTo && list.length) {
      const boxes = list.map((at) => shapes[at].box);
      const box = [0, 1].map((k) => Math.min(...boxes.map((each) => each[k])))
        .concat([2, 3].map((k) => Math.max(...boxes.map((each) => each[k]))));
      const zoomed = Math.min(8, 0.25 * Math.min(size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])));
      mapView.centre((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, zoomed);
    } else draw();
  }

  let asked = 0;
  const mapView = impactView(frame, size, () => {
    if (!asked) asked = requestAnimationFrame(() => { asked = 0; draw(); });
  });
  // at once: a canvas of another size than its frame is a stretched map until the next frame
  new ResizeObserver(() => {
    mapView.resize();
    draw();
  }).observe(frame);
  // on paper the map has another size than on the screen, and its lines are finer
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      printing = now;
      document.body.classList.toggle("printing", now);
      resized();
    });
  }
  mapView.fit();

  return { colour, setHospitals, choose, postcodeAt, resized, picture, zoom: mapView.zoom, fit: mapView.fit };
}
