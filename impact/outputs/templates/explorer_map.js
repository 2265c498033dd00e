"use strict";
// The map: postcodes on a canvas, one fill per band; hospitals as buttons and names over it.

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

  // ---- fills ----

  const fills = impactFills(context, data.colours[data.bands.indexOf("band_shorter")]);

  let layers = [];
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
    if (hatched.length) layers.push(["few", joined(hatched)]);
    draw();
  }

  function fillOf(key, inverse) {
    if (fills[key]) {
      fills[key].setTransform(inverse);
      return fills[key];
    }
    // in grey print the light grey of nobody would pass for a band of minutes
    return printing && key === "band_nobody" ? "#ffffff" : data.colours[data.bands.indexOf(key)];
  }

  // lines depend on the view alone: they are kept, so that another choice only fills
  const drawing = document.createElement("canvas");
  const pen = drawing.getContext("2d");
  let drawn = "";

  function drawLines(dots) {
    const { scale, x, y } = mapView.view;
    const now = [scale, x, y, dots, canvas.width, canvas.height, printing, chosen].join();
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
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = printing ? "#ffffff" : "#e6eaec";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    const inverse = new DOMMatrix([1 / scale, 0, 0, 1 / scale, -x / scale, -y / scale]);
    context.fillStyle = printing ? "#ffffff" : "#f7f6f1";
    context.fill(land);
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
      const made = impactElement(tag, `mark mark-${hospital.role}`, undefined, { title: `${name}: ${hospital.says}`, "data-at": hospital.at });
      if (!hospital.fixed) {
        made.type = "button";
        made.tabIndex = -1; // the list of hospitals is the way for the keyboard
        made.setAttribute("aria-pressed", String(hospital.performs));
        made.setAttribute("aria-label", name);
        made.addEventListener("click", () => handlers.toggle(hospital.at));
      } else {
        made.setAttribute("role", "img");
        made.setAttribute("aria-label", `${name}: ${hospital.says}`);
      }
      const wide = Math.round(28 * hospital.size);
      const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [key, value] of Object.entries({ viewBox: "0 0 28 28", width: wide, height: wide, "aria-hidden": "true" })) icon.setAttribute(key, value);
      for (const symbol of [...(hospital.more ? ["more"] : []), hospital.role]) {
        const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
        use.setAttribute("href", `#symbol-${symbol}`);
        icon.append(use);
      }
      made.append(icon);
      over.append(made);
      if (inMap && before === String(hospital.at)) made.focus();
      return { made, at: project(lat, lon), rank: hospital.rank, short, role: hospital.role, more: hospital.more };
    });
    const areas = data.provinces.map(([name, lat, lon]) => ({ text: name, kind: "province", at: project(lat, lon), gap: 0 }));
    const names = [...marks].sort((a, b) => b.rank - a.rank)
      .map(({ short, at, role, more }) => ({ text: short, kind: role === "stays" && more ? "more" : role, at, gap: more ? 17 : 13 }));
    labels = [...names, ...areas].map((label) => {
      const made = impactElement("span", `name name-${label.kind}`, label.text, { "aria-hidden": "true" });
      over.append(made);
      return { ...label, made };
    });
    measure(labels);
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

  function placeOver() {
    const { scale, x, y, wide, high } = mapView.view;
    const screen = ([px, py]) => [px * scale + x, py * scale + y];
    const taken = [[0, 0, 46, 132]]; // the buttons for zooming
    for (const { made, at } of marks) {
      const [px, py] = screen(at);
      made.style.transform = `translate(${px}px, ${py}px) translate(-50%, -50%)`;
      taken.push([px - 12, py - 12, px + 12, py + 12]);
    }
    for (const label of labels) {
      const [px, py] = screen(label.at);
      const { wide: w, high: h, gap } = label;
      const spots = gap
        ? [[px + gap, py - h / 2], [px - gap - w, py - h / 2], [px - w / 2, py + gap], [px - w / 2, py - gap - h]]
        : [[px - w / 2, py - h / 2]];
      const fits = spots.map(([left, top]) => [left, top, left + w, top + h])
        .find((box) => box[0] > 2 && box[1] > 2 && box[2] < wide - 2 && box[3] < high - 2
          && !taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]));
      label.made.classList.toggle("placed", Boolean(fits));
      if (!fits) continue;
      taken.push(fits);
      label.made.style.transform = `translate(${fits[0]}px, ${fits[1]}px)`;
    }
  }

  // ---- pointing ----

  function postcodeAt([px, py]) {
    const { scale, x, y } = mapView.view;
    const [ux, uy] = [(px - x) / scale, (py - y) / scale];
    context.setTransform(1, 0, 0, 1, 0, 0);
    return shapes.findIndex(({ path, box }) => ux >= box[0] && ux <= box[2] && uy >= box[1] && uy <= box[3]
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
      mapView.resize();
      draw();
    });
  }
  mapView.fit();

  return { colour, setHospitals, choose, postcodeAt, zoom: mapView.zoom, fit: mapView.fit };
}
