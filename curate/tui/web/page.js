// Once textual.js has opened the socket, keys go to the terminal without a click.
new MutationObserver((_changes, watch) => {
  if (document.body.classList.contains("-loaded")) {
    watch.disconnect();
    document.querySelector(".xterm-helper-textarea")?.focus();
  }
}).observe(document.body, { attributeFilter: ["class"] });
