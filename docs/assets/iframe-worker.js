// Browsers refuse a Worker to a page that is opened from disk. There, the search runs in a hidden frame instead, and
// asks for the name IFrameWorker to know.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const { contentDocument: page, contentWindow: inside } = frame;
      const load = (address) =>
        new Promise((loaded, failed) => {
          const script = page.createElement("script");
          Object.assign(script, { src: address, async: false, onload: loaded, onerror: failed });
          page.head.append(script);
        });
      inside.importScripts = (...addresses) =>
        addresses.reduce((before, address) => before.then(() => load(address)), Promise.resolve());
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const ready = load(url);
      this.postMessage = (data) => ready.then(() => inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
}
