"use strict";
// Fills for a canvas that are no plain colour; map_symbols.html.j2 has the same for SVG.

function impactFills(context, shorter) {
  const SIZE = 8;
  function tiled(draw) {
    const tile = document.createElement("canvas");
    tile.width = SIZE;
    tile.height = SIZE;
    draw(tile.getContext("2d"));
    return context.createPattern(tile, "repeat");
  }

  // a line from corner to corner of the tile and, for what lies past its corners, one on either side
  function stripe(pen, colour, wide, rising, shift = 0) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    for (const start of [-SIZE, 0, SIZE]) {
      pen.beginPath();
      pen.moveTo(start + shift - 1, rising ? SIZE + 1 : -1);
      pen.lineTo(start + shift + SIZE + 1, rising ? -1 : SIZE + 1);
      pen.stroke();
    }
  }

  return {
    no_route: tiled((pen) => {
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, SIZE, SIZE);
      stripe(pen, "#222222", 1.5, true);
      stripe(pen, "#222222", 1.5, false);
    }),
    band_shorter: tiled((pen) => {
      pen.fillStyle = shorter;
      pen.fillRect(0, 0, SIZE, SIZE);
      pen.fillStyle = "#7a2f12";
      pen.beginPath();
      pen.arc(SIZE / 2, SIZE / 2, 1.3, 0, 2 * Math.PI);
      pen.fill();
    }),
    // for grey paper, where 0 to 5 minutes is plain: nobody is dotted white, and water is lined
    nobody: tiled((pen) => {
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, SIZE, SIZE);
      pen.fillStyle = "#777777";
      for (const at of [SIZE / 4, 3 * SIZE / 4]) {
        pen.beginPath();
        pen.arc(at, at, 0.8, 0, 2 * Math.PI);
        pen.fill();
      }
    }),
    water: tiled((pen) => {
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, SIZE, SIZE);
      pen.fillStyle = "#8fa3af";
      pen.fillRect(0, SIZE / 2, SIZE, 0.8);
    }),
    few: tiled((pen) => {
      stripe(pen, "#ffffff", 0.8, true);
      stripe(pen, "#4d5358", 0.8, true, 1.1);
    }),
  };
}
