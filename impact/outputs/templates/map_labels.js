"use strict";
// Names on the map, each where it finds room: those that matter most come first, and a name that
// would cover another, or a symbol, is left out until the reader zooms in.

const TOWNS = 26; // that may have a name when the whole region is shown

// the largest from where the map opens, smaller ones as the reader zooms in
function impactTowns(towns, opened) {
  return towns.map(([text, lat, lon], rank) => ({ text, kind: "town", at: [lat, lon], gap: 0, zooms: [opened + 0.75 * Math.log2((rank + 1) / TOWNS), 30] }));
}

function impactLabels(map) {
  const pane = map.createPane("names");
  pane.style.zIndex = 620;
  pane.style.pointerEvents = "none";
  pane.classList.add("leaflet-zoom-hide");
  let labels = [];
  let symbols = [];

  // label: {text, kind, at: [lat, lon], gap: pixels from the point (0: centred on it), zooms: [from, to]}
  function show(wanted, obstacles) {
    pane.replaceChildren();
    symbols = obstacles;
    labels = wanted.map((label) => {
      const element = document.createElement("span");
      element.className = "name name-" + label.kind;
      element.textContent = label.text;
      pane.append(element);
      return { ...label, element };
    });
    measure();
    place();
  }

  // all in one go, and once: every question after a change makes the browser lay out the page
  const sizes = new Map();
  function measure() {
    for (const label of labels) {
      const key = `${label.kind} ${label.text}`;
      if (!sizes.has(key)) sizes.set(key, [label.element.offsetWidth, label.element.offsetHeight]);
      [label.wide, label.high] = sizes.get(key);
    }
  }

  function spots(label, point, width, height) {
    const left = point.x - width / 2;
    const top = point.y - height / 2;
    const around = (gap) => [[left, point.y + gap], [left, point.y - gap - height], [point.x + gap, top], [point.x - gap - width, top]];
    if (!label.gap) return [[left, top], ...around(6), ...around(14)];
    const near = label.gap * 0.6;
    return [
      [point.x + label.gap, top],
      [point.x - label.gap - width, top],
      [left, point.y + label.gap],
      [left, point.y - label.gap - height],
      [point.x + near, point.y + near], [point.x + near, point.y - near - height],
      [point.x - near - width, point.y + near], [point.x - near - width, point.y - near - height],
      ...around(2.2 * label.gap),
    ];
  }

  function place() {
    const size = map.getSize();
    const zoom = map.getZoom();
    const taken = symbols.map(([at, radius]) => {
      const point = map.latLngToContainerPoint(at);
      return [point.x - radius, point.y - radius, point.x + radius, point.y + radius];
    });
    for (const label of labels) {
      const { element } = label;
      const point = map.latLngToContainerPoint(label.at);
      const { wide: width, high: height } = label;
      const fits = zoom >= label.zooms[0] && zoom < label.zooms[1] && spots(label, point, width, height)
        .map(([left, top]) => [left, top, left + width, top + height])
        .find((box) => box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2
          && !taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]));
      element.classList.toggle("placed", Boolean(fits));
      if (!fits) continue;
      taken.push(fits);
      L.DomUtil.setPosition(element, map.containerPointToLayerPoint([fits[0], fits[1]]));
    }
  }

  map.on("moveend zoomend", place);
  // on paper letters have another size
  map.on("resize", () => {
    sizes.clear();
    measure();
    place();
  });
  return { show };
}
