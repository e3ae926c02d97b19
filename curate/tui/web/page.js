// Pictures lie over the cells of the terminal: the app tells which are in view, and the page tells how high a cell is.
const percent = (part, whole) => `${(100 * part) / whole}%`;

function place(element, [x, y, width, height], [left, top, wide, high]) {
  element.style.left = percent(x - left, wide);
  element.style.top = percent(y - top, high);
  element.style.width = percent(width, wide);
  element.style.height = percent(height, high);
}

function showPictures({ room, shown }) {
  const screen = document.querySelector(".xterm-screen");
  let layer = screen.querySelector(".pictures");
  if (!layer) {
    layer = document.createElement("div");
    layer.className = "pictures";
    screen.append(layer);
  }
  const before = new Map([...layer.children].map((frame) => [frame.dataset.number, frame]));
  layer.replaceChildren(
    ...shown.map(({ number, at, within, data }) => {
      const frame = before.get(`${number}`) ?? document.createElement("div");
      if (data) {
        const image = new Image();
        image.src = `data:image/jpeg;base64,${data}`;
        frame.dataset.number = number;
        frame.replaceChildren(image);
      }
      place(frame, within, [0, 0, ...room]);
      place(frame.firstChild, at, within);
      return frame;
    }),
  );
}

window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(address);
    this.addEventListener("message", ({ data }) => {
      const [kind, said] = typeof data === "string" ? JSON.parse(data) : [];
      if (kind === "pictures") showPictures(said);
    });
  }

  send(text) {
    super.send(text);
    const [kind, said] = JSON.parse(text);
    if (kind !== "resize") return;
    requestAnimationFrame(() => {
      const { clientWidth, clientHeight } = document.querySelector(".xterm-screen");
      const aspect = clientHeight / said.height / (clientWidth / said.width);
      if (this.readyState === this.OPEN) super.send(JSON.stringify(["cell", aspect]));
    });
  }
};

// Once textual.js has opened the socket, keys go to the terminal without a click.
new MutationObserver((_changes, watch) => {
  if (document.body.classList.contains("-loaded")) {
    watch.disconnect();
    document.querySelector(".xterm-helper-textarea")?.focus();
  }
}).observe(document.body, { attributeFilter: ["class"] });
