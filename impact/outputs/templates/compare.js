"use strict";
// A map of each side and one of who is better off where, which move together. Text from data is only ever set as
// textContent.

(function compareMaps() {
  const data = JSON.parse(document.getElementById("impact-data").textContent);
  const { texts } = data;
  const polygons = impactPolygons(data.stepsPerDegree);
  const chooser = document.getElementById("pair");
  const card = document.getElementById("card");
  const letters = [...data.letters];
  const kinds = [...letters, "difference"];
  const sideOf = (kind) => current.sides[letters.indexOf(kind)];
  let chosen = -1;
  let current = data.matches[0];

  const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, key) => fields[key]);

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function minutes(value) {
    const whole = Math.round(value);
    if (value > 0 && whole < 1) return texts.under_a_minute;
    return whole === 1 ? texts.minute : fill(texts.minutes, { n: whole.toLocaleString(data.lang).replace("-", "−") });
  }

  // ---- maps ----

  function makeMap(kind) {
    const map = L.map("map-" + kind, { zoomControl: false, zoomSnap: 0.25, attributionControl: false });
    L.control.zoom({ zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out }).addTo(map);
    map.fitBounds(data.bounds, { animate: false, padding: [8, 8] });
    const pane = (name, zIndex) => {
      map.createPane(name).style.zIndex = zIndex;
      return L.svg({ pane: name, padding: 0.5 });
    };
    const land = pane("land", 250);
    const postcodes = pane("postcodes", 400);
    const lines = pane("lines", 450);
    map.getPane("lines").style.pointerEvents = "none";
    const draw = (encoded, renderer, className) => L.polygon(polygons(encoded), {
      renderer, pane: renderer.options.pane, className, interactive: false, smoothFactor: 0,
    }).addTo(map);
    for (const [, , , encoded] of data.provinces) draw(encoded, land, "land");
    for (const [, , , encoded] of data.municipalities) draw(encoded, lines, "border");
    draw(data.outline, lines, "outline");
    const shapes = data.postcodes.map(([, , , , lat, lon, encoded], i) => {
      const options = { renderer: postcodes, pane: "postcodes", className: "shape", smoothFactor: 0 };
      const shape = encoded.length
        ? L.polygon(polygons(encoded), options)
        : L.circleMarker([lat, lon], { ...options, radius: 5 });
      shape.addTo(map).on("mouseover", () => show(i, false)).on("click", () => show(i, true));
      return shape;
    });
    // over the neighbour in whose area the point lies
    const rings = data.ringed.map((i) => {
      const [, , , , lat, lon] = data.postcodes[i];
      return [i, L.circleMarker([lat, lon], { renderer: postcodes, pane: "postcodes", radius: 5 }).addTo(map)];
    });
    return { kind, map, shapes, rings, opened: map.getZoom(), labels: impactLabels(map), markers: L.layerGroup().addTo(map) };
  }

  function moveTogether(views) {
    let moving = false;
    for (const { map } of views) {
      map.on("move", () => {
        if (moving) return;
        moving = true;
        for (const other of views) {
          if (other.map !== map) other.map.setView(map.getCenter(), map.getZoom(), { animate: false });
        }
        moving = false;
      });
    }
  }

  function bandOf(kind, i) {
    return kind === "difference"
      ? data.differenceBands[current.difference[i]]
      : data.bands[sideOf(kind).bands[i]];
  }

  function marker(at, role) {
    const [name, , lat, lon] = data.locations[at];
    const title = name + ": " + texts["role_" + role];
    const icon = L.divIcon({
      className: "marker",
      html: `<svg viewBox="0 0 28 28" width="22" height="22"><use href="#symbol-${role}"/></svg>`,
      iconSize: [22, 22],
      iconAnchor: [11, 11],
    });
    const made = L.marker([lat, lon], { icon, keyboard: false });
    made.bindTooltip(() => element("span", "", title));
    made.on("add", () => {
      made.getElement().setAttribute("role", "img");
      made.getElement().setAttribute("aria-label", title);
    });
    return made;
  }

  function paint(view) {
    view.shapes.forEach((shape, i) => {
      const mark = i === chosen ? " chosen" : "";
      shape.getElement().setAttribute("class", "shape leaflet-interactive band-" + bandOf(view.kind, i) + mark);
    });
    for (const [i, ring] of view.rings) ring.getElement().setAttribute("class", "ring band-" + bandOf(view.kind, i));
  }

  function drawHospitals(view) {
    view.markers.clearLayers();
    const towns = impactTowns(data.towns, view.opened);
    if (view.kind === "difference") {
      view.labels.show(towns, []);
      return;
    }
    const found = [...sideOf(view.kind).markers]
      .sort((a, b) => (b[1] === "stops") - (a[1] === "stops"));
    for (const [at, role] of found) marker(at, role).addTo(view.markers);
    const hospitals = found.map(([at, role]) => {
      const [, short, lat, lon] = data.locations[at];
      return { text: short, kind: role, at: [lat, lon], gap: 11, zooms: [0, 30] };
    });
    view.labels.show([...hospitals, ...towns], found.map(([at]) => [data.locations[at].slice(2), 9]));
  }

  // ---- the card of a postcode ----

  const provider = (at) => (at < 0 ? texts.no_route : data.locations[at][0]);
  const then = (value, at) => (value === null
    ? texts.no_route
    : fill(texts.card_at, { minutes: minutes(value), provider: provider(at) }));

  function difference(after, lead, better) {
    if (after.every((each) => each === null)) return texts.no_route;
    if (better === "") return texts.card_same;
    if (better.length > 1) return fill(texts.card_shared, { letters: [...better.toUpperCase()].join(", ") });
    const letter = better.toUpperCase();
    if (lead === null) return fill(texts.card_only, { letter });
    return fill(letters.length > 2 ? texts.card_best : texts.card_better, { letter, minutes: minutes(lead) });
  }

  function show(i, keep) {
    if (keep) {
      const before = chosen;
      chosen = i;
      for (const view of views) {
        if (before >= 0) view.shapes[before].getElement().classList.remove("chosen");
        view.shapes[i].getElement().classList.add("chosen");
        view.shapes[i].bringToFront();
      }
    }
    const [code, place, municipality] = data.postcodes[i];
    const [now, after, taker, lead, better] = current.rows[i];
    const list = element("dl", "");
    const rows = [
      [texts.card_now, now === null ? texts.no_route : minutes(now)],
      ...letters.map((each, place) => [
        fill(texts.card_after, { letter: each.toUpperCase() }), then(after[place], taker[place]),
      ]),
      [texts.card_difference, difference(after, lead, better), "main"],
    ];
    for (const [term, text, className = ""] of rows) {
      const pair = element("div", "");
      pair.append(element("dt", "", term), element("dd", className, text));
      list.append(pair);
    }
    const name = fill(texts.card_place, { code, place: place || municipality });
    card.replaceChildren(element("strong", "", name.trim()), list);
  }

  function find(event) {
    event.preventDefault();
    const asked = document.getElementById("place").value.trim().toLocaleLowerCase(data.lang);
    const tests = [
      ([code]) => code.toLocaleLowerCase(data.lang) === asked.replace(/\s/g, "").slice(0, code.length),
      ([, place]) => place.toLocaleLowerCase(data.lang).startsWith(asked),
      ([, , municipality]) => municipality.toLocaleLowerCase(data.lang).startsWith(asked),
    ];
    const found = asked ? tests.map((test) => data.postcodes.findIndex(test)).find((i) => i >= 0) : undefined;
    if (found === undefined) {
      card.replaceChildren(element("span", "", texts.search_none));
      return;
    }
    const [, , , , lat, lon] = data.postcodes[found];
    views[0].map.setView([lat, lon], Math.max(views[0].map.getZoom(), 9.5), { animate: false });
    show(found, true);
  }

  // ---- choosing and printing ----

  function choose(number) {
    current = data.matches[number];
    for (const view of views) {
      paint(view);
      drawHospitals(view);
    }
    for (const letter of letters) {
      const said = { letter: letter.toUpperCase(), name: sideOf(letter).name };
      document.getElementById("name-" + letter).textContent = fill(texts.map_side, said);
    }
    for (const section of document.querySelectorAll(".pair")) {
      section.hidden = Number(section.dataset.pair) !== number;
    }
    if (chosen >= 0) show(chosen, true);
    else card.replaceChildren(element("span", "", texts.hint));
  }

  function refit() {
    for (const { map } of views) map.invalidateSize({ animate: false });
    // all move with the last: one of the smaller, so that no map is cut off
    for (const { map } of [...views].reverse()) map.fitBounds(data.bounds, { animate: false, padding: [8, 8] });
  }

  document.documentElement.classList.add("js");
  const views = kinds.map(makeMap);
  moveTogether(views);
  chooser.addEventListener("change", () => choose(Number(chooser.value)));
  // a section that is not chosen is hidden: a link to it chooses it first
  for (const link of document.querySelectorAll(".answer a[data-pair]")) {
    link.addEventListener("click", () => {
      chooser.value = link.dataset.pair;
      choose(Number(chooser.value));
    });
  }
  document.getElementById("search").addEventListener("submit", find);
  window.addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    document.documentElement.classList.add("printing");
    refit();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    refit();
  });
  choose(Number(chooser.value));
}());
