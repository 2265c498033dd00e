"use strict";
// Draws the data of the page (element #impact-data) on a Leaflet map, and gives a layer per case.
// Text from data is only ever set as textContent.

// beside the zoom buttons, inside the screen of a phone
const POPUP = { maxWidth: 280, autoPanPaddingTopLeft: [52, 10], autoPanPaddingBottomRight: [10, 10] };

const CARD_ROOM = 90;

function impactMap(map) {
  const data = JSON.parse(document.getElementById("impact-data").textContent);
  const { texts } = data;
  const labels = impactLabels(map);
  const chooser = document.getElementById("impact-layer");
  const markers = L.layerGroup();
  const layers = [];
  const shapes = [];
  const rings = [];
  let current = data.layers[Number(chooser.value)];

  const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, key) => fields[key]);
  const number = (value) => (value > 0 && value < 0.5
    ? texts.under_one
    : (Math.round(value) || 0).toLocaleString(data.lang).replace("-", "−")); // no -0
  function minutes(n) {
    if (n > 0 && n < 1) return texts.under_a_minute;
    return n === 1 ? texts.minute : fill(texts.minutes, { n: number(n) });
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function row(list, term, text, className = "") {
    const pair = document.createDocumentFragment();
    pair.append(element("dt", "", term), element("dd", className, text));
    list.append(pair);
  }

  // ---- shapes ----

  const polygons = impactPolygons(data.stepsPerDegree);

  function pane(name, zIndex) {
    map.createPane(name).style.zIndex = zIndex;
    return L.svg({ pane: name, padding: 0.5 });
  }

  function drawBase() {
    const land = pane("land", 250);
    const lines = pane("lines", 450);
    map.getPane("lines").style.pointerEvents = "none";
    const draw = (encoded, renderer, className) => L.polygon(polygons(encoded), {
      renderer, pane: renderer.options.pane, className, interactive: false, smoothFactor: 0,
    }).addTo(map);
    for (const [, , , encoded] of data.provinces) draw(encoded, land, "land");
    for (const [, , , encoded] of data.municipalities) draw(encoded, lines, "municipality");
    for (const [, , , encoded] of data.provinces) draw(encoded, lines, "province");
    draw(data.outline, lines, "outline");
    for (const [name, lat, lon] of data.islands) {
      const title = name + ": " + data.remarks["no visitor cars"];
      symbolMarker([lat, lon], "island", false, title, () => element("div", "card", title), { lift: -16 }).addTo(map);
    }
  }

  const shapeOf = ([, , , , lat, lon, encoded], options) => (encoded.length
    ? L.polygon(polygons(encoded), { ...options, smoothFactor: 0 })
    : L.circleMarker([lat, lon], { ...options, radius: 6 }));

  function drawPostcodes() {
    const options = { renderer: pane("postcodes", 390), pane: "postcodes", className: "shape" };
    data.postcodes.forEach((postcode, i) => {
      shapes.push(shapeOf(postcode, options));
      bindCard(shapes[i], i);
    });
    return L.featureGroup(shapes);
  }

  // the area of these is not known: their points are drawn over their neighbours
  function drawRings() {
    const options = { renderer: pane("rings", 397), pane: "rings", radius: 6 };
    for (const i of data.ringed) {
      const [, , , , lat, lon] = data.postcodes[i];
      rings.push([i, L.circleMarker([lat, lon], options).addTo(map)]);
      bindCard(rings[rings.length - 1][1], i);
    }
  }

  // over the colour, which covers ground here and hardly any people
  function drawFew() {
    const options = { renderer: pane("few", 395), pane: "few", className: "few", interactive: false };
    for (const i of data.few) shapeOf(data.postcodes[i], options).addTo(map);
  }

  function bindCard(shape, i) {
    shape.bindTooltip(() => card(i), { sticky: true, opacity: 1 });
    shape.bindPopup(() => card(i), POPUP);
    shape.on("popupopen popupclose", (event) => {
      shape.closeTooltip();
      shape.getElement()?.classList.toggle("chosen", event.type === "popupopen");
    });
  }

  // Cases share their shapes: another class for each is many times faster than other shapes.
  function layer(index) {
    const made = L.layerGroup();
    layers[index] = made;
    made.on("add", () => {
      postcodes.addTo(map);
      markers.addTo(map);
      show(index);
    });
    made.on("remove", () => queueMicrotask(() => {
      if (layers.some((each) => map.hasLayer(each))) return;
      postcodes.remove();
      markers.remove();
    }));
    return made;
  }

  // ---- cards ----

  const provider = (at, after) => (at < 0 || after === null
    ? data.remarks["no route"]
    : fill(texts.at, { provider: data.locations[at][0], minutes: minutes(after) }));

  function difference(extra) {
    if (extra === null) return data.remarks["no route"];
    if (extra === 0) return texts.equally_long;
    return fill(extra > 0 ? texts.longer : texts.shorter, { minutes: minutes(Math.abs(extra)) });
  }

  function card(i) {
    const [code, place, municipality, remark] = data.postcodes[i];
    const band = data.bands[current.bands[i]];
    const box = element("div", "card");
    box.append(element("strong", "", place ? code + " " + place : code));
    if (municipality) box.append(element("span", "sub", fill(texts.municipality, { name: municipality })));
    const list = element("dl", "");
    for (const [before, after, was, is, extra, share] of current.flows[i]) {
      if (was === undefined) {
        row(list, texts.before_and_after, provider(before, after));
        if (band === "band_nobody") row(list, texts.extra_short, data.remarks.nobody, "main");
        continue;
      }
      row(list, texts.before, provider(before, was));
      row(list, texts.after, provider(after, is));
      row(list, texts.extra_short, difference(extra), "main");
      if (share !== null) row(list, "", fill(texts.share, { share }));
    }
    box.append(list, element("span", "", current.unit + ": " + number(current.demand[i])));
    if (remark) box.append(element("p", "remark", data.remarks[remark]));
    return box;
  }

  // the bounds that hidden counts leave stand beside a count
  const withEnds = (mark, when) => {
    const [low, high] = mark[`${when}Ends`] || [];
    const value = number(mark[when]);
    return low < high ? fill(texts.count_ends, { value, low: number(low), high: number(high) }) : value;
  };

  function markerCard(mark) {
    const box = element("div", "card");
    box.append(element("strong", "", data.locations[mark.at][0]));
    box.append(element("span", "sub", roleText(mark)));
    const list = element("dl", "");
    row(list, fill(texts.demand_before, { unit: current.unit }), withEnds(mark, "before"));
    row(list, fill(texts.demand_after, { unit: current.unit }), withEnds(mark, "after"), "main");
    if (mark.status) row(list, texts.register_status, mark.status);
    box.append(list);
    return box;
  }

  const roleText = (mark) => texts["role_" + mark.role] + (mark.more ? "; " + texts.role_more : "");

  // ---- hospitals ----

  function symbolMarker(at, symbol, more, title, content, { lift = 0, size = 1 } = {}) {
    const wide = Math.round(28 * size);
    const ringed = more ? '<use href="#symbol-more"/>' : "";
    const icon = L.divIcon({
      className: "marker",
      html: `<svg viewBox="0 0 28 28" width="${wide}" height="${wide}">${ringed}<use href="#symbol-${symbol}"/></svg>`,
      iconSize: [wide, wide],
      iconAnchor: [wide / 2, wide / 2 - lift],
      popupAnchor: [0, -10],
    });
    const marker = L.marker(at, { icon, riseOnHover: true });
    marker.bindTooltip(content, { opacity: 1 }).bindPopup(content, POPUP);
    marker.on("popupopen", () => marker.closeTooltip());
    marker.on("add", () => marker.getElement().setAttribute("aria-label", title));
    return marker;
  }

  const importance = (mark) => (mark.role === "stops" ? 3 : mark.role === "opens" || mark.more ? 2 : 1);

  function drawMarkers() {
    markers.clearLayers();
    const ordered = [...current.markers].sort((a, b) => importance(b) - importance(a));
    const names = [];
    const obstacles = data.islands.map(([, lat, lon]) => [[lat, lon], 14]);
    for (const mark of ordered) {
      const [name, short, lat, lon] = data.locations[mark.at];
      const marker = symbolMarker([lat, lon], mark.role, mark.more, name + ": " + roleText(mark), () => markerCard(mark), { size: mark.size });
      marker.setZIndexOffset(1000 * importance(mark)).addTo(markers);
      obstacles.push([[lat, lon], mark.more ? 14 : 10]);
      const kind = mark.role === "stays" && mark.more ? "more" : mark.role;
      names.push({ text: short, kind, at: [lat, lon], gap: mark.more ? 17 : 13, zooms: [0, 30] });
    }
    const areas = (kind, list, zooms) => list.map(([text, lat, lon]) => ({ text, kind, at: [lat, lon], gap: 0, zooms }));
    labels.show([
      ...names,
      ...impactTowns(data.towns, opened),
      ...areas("province", data.provinces, [0, 9.5]),
      ...areas("municipality", data.municipalities, [9.5, 30]),
    ], obstacles);
  }

  // ---- choosing ----

  function show(index) {
    current = data.layers[index];
    map.closePopup();
    layers.forEach((other, number) => { if (number !== index) other.remove(); });
    chooser.value = index;
    // what stays as it is needs no drawing
    shapes.forEach((shape, i) => {
      const path = shape.getElement();
      const name = "shape leaflet-interactive band-" + data.bands[current.bands[i]];
      if (path.getAttribute("class") !== name) path.setAttribute("class", name);
    });
    for (const [i, ring] of rings) ring.getElement().setAttribute("class", "ring leaflet-interactive band-" + data.bands[current.bands[i]]);
    document.getElementById("impact-chosen").textContent = current.name;
    document.getElementById("impact-plain").textContent = current.plain;
    const caveat = document.getElementById("impact-caveat");
    caveat.textContent = current.warning;
    caveat.hidden = !current.warning;
    const facts = document.getElementById("impact-facts");
    facts.replaceChildren(...current.facts.map(([term, text]) => {
      const pair = element("div", "");
      pair.append(element("dt", "", term), element("dd", "", text));
      return pair;
    }));
    drawMarkers();
  }

  const known = impactPlaces(data);
  const field = document.getElementById("impact-place");

  function find(text) {
    const asked = text.trim();
    const found = asked ? known.find(asked) : null;
    const there = found && found.places.length > 0;
    document.getElementById("impact-found").replaceChildren(...(!asked || there ? [] : notOne(found)));
    if (!there) return;
    const points = found.places.map((i) => data.postcodes[i].slice(4, 6));
    map.getContainer().scrollIntoView({ block: "nearest" });
    const zoom = Math.max(map.getZoom(), 10);
    // with room above for the card: the map then need not be drawn twice
    if (points.length === 1) map.setView(map.unproject(map.project(points[0], zoom).subtract([0, CARD_ROOM]), zoom), zoom, { animate: false });
    else map.fitBounds(points, { animate: false, maxZoom: zoom, paddingTopLeft: [60, 60 + 2 * CARD_ROOM], paddingBottomRight: [60, 60] });
    // of several postcodes the one with most residents
    const people = (i) => data.search.people[i] ?? 0;
    const at = found.places.reduce((best, i) => (people(i) > people(best) ? i : best));
    shapes[at].openPopup(data.postcodes[at].slice(4, 6));
  }

  // several places of one name, a place in another region, or nothing
  function notOne(found) {
    if (!found) return [texts.search_none];
    if (found.outside) return [fill(found.outside.study ? texts.search_outside : texts.search_outside_only, found.outside)];
    return [element("span", "", texts.search_which), ...found.which.map((name) => {
      const made = element("button", "which", name);
      made.type = "button";
      made.addEventListener("click", () => {
        field.value = name;
        find(name);
      });
      return made;
    })];
  }

  function offerTiles(box) {
    const streets = L.tileLayer(data.tiles, { attribution: texts.tiles_attribution, maxZoom: 18 });
    box.addEventListener("change", () => {
      map.getContainer().classList.toggle("with-tiles", box.checked);
      if (box.checked) streets.addTo(map); else streets.remove();
    });
  }

  // on paper the map has another size than on the screen
  function fitForPrint() {
    const view = [];
    const about = document.getElementById("impact-about");
    window.addEventListener("beforeprint", () => {
      view.splice(0, 3, map.getCenter(), map.getZoom(), about.open);
      about.open = true;
      document.body.classList.add("printing");
      map.invalidateSize({ animate: false });
      map.fitBounds(data.bounds, { animate: false, padding: [24, 24] });
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("printing");
      about.open = view[2];
      map.invalidateSize({ animate: false });
      map.setView(view[0], view[1], { animate: false });
    });
  }

  L.control.zoom({ zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out }).addTo(map);
  L.control.attribution({ prefix: "Leaflet" }).addAttribution(data.attribution).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.fitBounds(data.bounds, { animate: false, padding: [24, 24] });
  const opened = map.getZoom();
  drawBase();
  const postcodes = drawPostcodes();
  drawRings();
  drawFew();
  chooser.addEventListener("change", () => layers[Number(chooser.value)].addTo(map));
  const offered = impactSuggestions(field, known.suggest, find);
  document.getElementById("impact-search").addEventListener("submit", (event) => {
    event.preventDefault();
    offered.close();
    find(field.value);
  });
  if (data.tiles) offerTiles(document.getElementById("impact-tiles"));
  fitForPrint();
  return { layer };
}
