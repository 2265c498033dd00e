"use strict";
// Which part of the map is shown: drag, wheel, two fingers, arrow keys, buttons.

const MOST_ZOOM = 40;

// size: width and height of the whole map in its own units; changed: called after every change
function impactView(frame, size, changed) {
  // the size of the frame is kept: asking for it makes the browser lay out the whole page
  const view = { scale: 1, x: 0, y: 0, wide: 0, high: 0 };
  let whole = 1;

  function limit() {
    view.scale = Math.min(whole * MOST_ZOOM, Math.max(whole, view.scale));
    const inside = (at, room, length) => (length <= room
      ? (room - length) / 2
      : Math.min(room * 0.4, Math.max(room * 0.6 - length, at)));
    view.x = inside(view.x, view.wide, size[0] * view.scale);
    view.y = inside(view.y, view.high, size[1] * view.scale);
  }

  function measure() {
    view.wide = frame.clientWidth;
    view.high = frame.clientHeight;
    whole = Math.min(view.wide / size[0], view.high / size[1]);
  }

  function fit() {
    measure();
    view.scale = whole;
    view.x = (view.wide - size[0] * whole) / 2;
    view.y = (view.high - size[1] * whole) / 2;
    changed();
  }

  // the frame has another size: keep what was in the middle there
  function resize() {
    const zoomed = view.scale / whole;
    const [x, y] = [(view.wide / 2 - view.x) / view.scale, (view.high / 2 - view.y) / view.scale];
    if (zoomed <= 1.001) return fit();
    measure();
    return centre(x, y, zoomed);
  }

  function centre(x, y, zoomed) {
    view.scale = Math.min(MOST_ZOOM, Math.max(1, zoomed)) * whole;
    view.x = view.wide / 2 - x * view.scale;
    view.y = view.high / 2 - y * view.scale;
    limit();
    changed();
  }

  function zoom(factor, at = [view.wide / 2, view.high / 2]) {
    const before = view.scale;
    view.scale = Math.min(whole * MOST_ZOOM, Math.max(whole, view.scale * factor));
    const real = view.scale / before;
    view.x = at[0] - (at[0] - view.x) * real;
    view.y = at[1] - (at[1] - view.y) * real;
    limit();
    changed();
  }

  function move(dx, dy) {
    view.x += dx;
    view.y += dy;
    limit();
    changed();
  }

  const pointers = new Map();
  let dragged = 0;
  const local = (event) => {
    const box = frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  frame.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    pointers.set(event.pointerId, local(event));
    dragged = 0;
  });
  frame.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = [...pointers.values()];
    const [x, y] = pointers.get(event.pointerId);
    const now = local(event);
    pointers.set(event.pointerId, now);
    dragged += Math.hypot(now[0] - x, now[1] - y);
    if (pointers.size === 2) {
      const after = [...pointers.values()];
      zoom(spread(after) / spread(before), [(after[0][0] + after[1][0]) / 2, (after[0][1] + after[1][1]) / 2]);
    } else if (dragged > 3) {
      if (!frame.hasPointerCapture(event.pointerId)) frame.setPointerCapture(event.pointerId);
      move(now[0] - x, now[1] - y);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, local(event));
  }, { passive: false });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.target !== frame) return;
    if (event.key in steps) move(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else return;
    event.preventDefault();
  });

  return { view, fit, resize, centre, zoom, local, wasDragged: () => dragged > 3, zoomed: () => view.scale / whole };
}
