"use strict";
// The map and the charts as files: SVG for who edits, PNG for a memo. As for grey paper: nobody is
// dotted white and water lined. Every file says what it shows, how sure that is and whose data.

function impactExport(element) {
  const NS = "http://www.w3.org/2000/svg";
  const FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
  const SHARPNESS = 2;
  const EDGE = 12;
  const pen = document.createElement("canvas").getContext("2d");

  function svg(tag, attributes = {}, text = undefined) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function lines(text, size, wide, weight = "400") {
    pen.font = `${weight} ${size}px ${FONT}`;
    const out = [""];
    for (const word of text.split(/\s+/)) {
      const longer = out[out.length - 1] ? `${out[out.length - 1]} ${word}` : word;
      if (pen.measureText(longer).width > wide && out[out.length - 1]) out.push(word);
      else out[out.length - 1] = longer;
    }
    return out;
  }

  // texts below one another; gives where the next may start
  function write(into, text, y, { size, wide, weight = "400", colour = "#1b1b1b" }) {
    let at = y;
    for (const line of lines(text, size, wide, weight)) {
      at += size * 1.3;
      into.append(svg("text", { x: EDGE, y: at.toFixed(1), "font-size": size, "font-weight": weight, fill: colour }, line));
    }
    return at;
  }

  // marks of the legend beside one another, as they stand on the page
  function legend(into, items, y, wide) {
    const [size, step] = [12, 20];
    let [x, at] = [EDGE, y + step];
    pen.font = `400 ${size}px ${FONT}`;
    for (const item of items) {
      const words = item.textContent.trim();
      const needed = 32 + pen.measureText(words).width + 16;
      if (x > EDGE && x + needed > wide - EDGE) [x, at] = [EDGE, at + step];
      const mark = item.querySelector("svg")?.cloneNode(true) || svg("g");
      for (const [name, value] of Object.entries({ x, y: at - 12, width: 26, height: 16 })) mark.setAttribute(name, value);
      mark.querySelectorAll("rect").forEach((each) => each.setAttribute("stroke", "#6b6b6b"));
      into.append(mark, svg("text", { x: x + 32, y: at, "font-size": size, fill: "#1b1b1b" }, words));
      x += needed;
    }
    return at;
  }

  function sheet(wide) {
    const made = svg("svg", { xmlns: NS, "font-family": FONT });
    made.append(document.querySelector(".definitions defs").cloneNode(true), svg("rect", { width: "100%", height: "100%", fill: "#ffffff" }));
    return [made, (high) => {
      for (const [name, value] of Object.entries({ width: wide, height: Math.ceil(high), viewBox: `0 0 ${wide} ${Math.ceil(high)}` })) made.setAttribute(name, value);
      return made;
    }];
  }

  // drawn: {wide, high, parts(fillOf): elements}; said: {title, text, source}
  function mapSheet(drawn, said, fillOf, items) {
    const wide = Math.round(drawn.wide) + 2 * EDGE;
    const room = wide - 2 * EDGE;
    const [made, close] = sheet(wide);
    let y = write(made, said.title, 4, { size: 20, weight: "700", wide: room });
    y = write(made, said.text, y, { size: 14, wide: room });
    const frame = svg("svg", { x: EDGE, y: y + 12, width: drawn.wide, height: drawn.high });
    frame.append(...drawn.parts(svg, fillOf));
    made.append(frame, svg("rect", { x: EDGE, y: y + 12, width: drawn.wide, height: drawn.high, fill: "none", stroke: "#8a8f94" }));
    y = write(made, said.scale, y + 14 + drawn.high, { size: 12, weight: "700", wide: room });
    y = legend(made, items, y, wide);
    for (const each of made.querySelectorAll("[class^='band-']")) each.setAttribute("fill", fillOf(each.getAttribute("class").slice(5)));
    made.querySelectorAll(".few").forEach((each) => each.setAttribute("fill", "url(#impact-few)"));
    y = write(made, said.source, y + 6, { size: 11, wide: room, colour: "#4f565c" });
    return close(y + EDGE);
  }

  function chartSheet(chart, said) {
    const [, , across, up] = chart.getAttribute("viewBox").split(" ").map(Number);
    const wide = 760;
    const [made, close] = sheet(wide);
    let y = write(made, said.title, 4, { size: 18, weight: "700", wide: wide - 2 * EDGE });
    y = write(made, said.text, y, { size: 13, wide: wide - 2 * EDGE });
    const copy = chart.cloneNode(true);
    const high = (wide - 2 * EDGE) * up / across;
    for (const [name, value] of Object.entries({ x: EDGE, y: y + 10, width: wide - 2 * EDGE, height: high })) copy.setAttribute(name, value);
    const from = chart.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((each, at) => {
      const style = getComputedStyle(from[at]);
      for (const name of ["fill", "stroke", "stroke-width", "font-size", "text-anchor"]) each.setAttribute(name, style.getPropertyValue(name));
    });
    made.append(copy);
    y = write(made, said.source, y + 10 + high, { size: 11, wide: wide - 2 * EDGE, colour: "#4f565c" });
    return close(y + EDGE);
  }

  function save(address, name) {
    const link = element("a", "", undefined, { download: name });
    link.href = address;
    link.click();
  }

  const written = (made) => new XMLSerializer().serializeToString(made);

  function saveSvg(made, name) {
    const address = URL.createObjectURL(new Blob([written(made)], { type: "image/svg+xml" }));
    save(address, `${name}.svg`);
    URL.revokeObjectURL(address);
  }

  async function savePng(made, name) {
    const picture = new Image();
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(written(made))}`;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = made.getAttribute("width") * SHARPNESS;
    canvas.height = made.getAttribute("height") * SHARPNESS;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    save(canvas.toDataURL("image/png"), `${name}.png`);
  }

  return { mapSheet, chartSheet, saveSvg, savePng };
}
