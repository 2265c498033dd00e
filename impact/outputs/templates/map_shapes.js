"use strict";
// Polygons as impact/outputs/map_shapes.py writes them: per ring x and y of the first point in whole
// steps, then the steps to each next one.

function impactPolygons(stepsPerDegree) {
  function ring(steps) {
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points.push([y / stepsPerDegree, x / stepsPerDegree]);
    }
    return points;
  }
  return (encoded) => encoded.map((rings) => rings.map(ring));
}
