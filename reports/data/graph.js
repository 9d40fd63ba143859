// The flow picture to explore: the same addresses and payments as in the still one, to pan, filter and follow.
//
// All texts come from the page (reports/formats/html.py) and go into it as text, never as markup. What the picture shows
// can be had without seeing it: the search finds a node or payment, the panel beside it tells and links everything.
"use strict";
(() => {
  const MANY = 400; // nodes from which arrows and bends cost more than they tell
  const READABLE = 0.4; // the zoom from which names can be read
  const MARGIN = 30;
  const ROWS = 60; // entries of a list in the panel
  const WORD = 2; // letters from which a search begins

  const LETTERS = 17; // of a line in a box
  const SVG = "http://www.w3.org/2000/svg";

  function make(tag, attributes = {}, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "do") element.addEventListener("click", value);
      else element.setAttribute(name, value);
    }
    element.append(...inside.filter((one) => one !== "" && one !== null));
    return element;
  }

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString("en-US"));

  function link(url, ...inside) {
    if (!url) return make("span", {}, ...inside);
    return make("a", { href: url, target: "_blank", rel: "noreferrer noopener nofollow" }, ...inside);
  }

  const code = (text) => make("code", { translate: "no" }, text);

  function claim(name) {
    const kind = { "[": "label", "≈": "inference", "◇": "lead" }[name[0]];
    return kind ? make("span", { class: kind }, name) : name;
  }

  function facts(rows) {
    const kept = rows.filter(([, value]) => value !== "" && value !== null);
    return make("dl", {}, ...kept.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  class Picture {
    constructor(host) {
      Object.assign(this, JSON.parse(document.getElementById(host.dataset.graph).textContent), { host });
      const { graph } = this;
      this.nodes = new Map(graph.nodes.map((node) => [node.id, node]));
      this.edges = new Map(graph.edges.map((edge) => [edge.id, edge]));
      this.marks = new Map();
      this.out = new Set();
      this.found = [];
      this.at = -1;
      host.hidden = false;
      this.draw();
      this.offer();
      this.listen();
      this.filter();
      this.begin();
    }

    part(what) {
      return this.host.querySelector(`[data-do="${what}"]`);
    }

    draw() {
      const canvas = this.host.querySelector(".canvas");
      const many = (this.many = this.graph.nodes.length > MANY);
      this.cy = cytoscape({
        container: canvas,
        elements: [...this.graph.nodes.map(drawnNode), ...this.graph.edges.map(drawnEdge)],
        layout: { name: "preset" },
        style: style(this),
        autoungrabify: true,
        boxSelectionEnabled: false,
        selectionType: "single",
        minZoom: 0.02,
        maxZoom: 4,
        userZoomingEnabled: false,
        pixelRatio: many ? 1 : "auto",
        textureOnViewport: many,
        hideEdgesOnViewport: false,
        hideLabelsOnViewport: many,
      });
      canvas.cytoscape = this.cy;
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.cy.style(style(this)));
      for (const { role, name } of this.graph.roles)
        this.host.querySelector(".roles").append(make("li", {}, outlined(this.looks[role], this.box), ` ${name}`));
    }

    // As tall as the picture needs; seen whole, or where that would be too small to read, from the victim on.
    begin() {
      const { width, height } = this.extent(this.graph.nodes);
      const tall = Math.round((height * this.cy.width()) / width) + 2 * MARGIN;
      this.host.querySelector(".canvas").style.height = `clamp(min(26rem, 60vh), ${tall}px, 75vh)`;
      this.cy.resize();
      this.fit();
      if (this.cy.zoom() >= READABLE) return;
      const first = this.graph.nodes.reduce((one, other) => (other.x < one.x ? other : one));
      const pan = { x: MARGIN - READABLE * (first.x - this.box[0] / 2), y: this.cy.height() / 2 - READABLE * first.y };
      this.cy.viewport({ zoom: READABLE, pan });
    }

    // The room that boxes take. The library would measure every line and letter for it.
    extent(nodes) {
      const [xs, ys] = [nodes.map((node) => node.x), nodes.map((node) => node.y)];
      const [left, top] = [Math.min(...xs) - this.box[0] / 2, Math.min(...ys) - this.box[1] / 2];
      const [right, low] = [Math.max(...xs) + this.box[0] / 2, Math.max(...ys) + this.box[1] / 2];
      return { x: (left + right) / 2, y: (top + low) / 2, width: right - left, height: low - top };
    }

    // Fills the choices that depend on the case.
    offer() {
      const { graph } = this;
      const boxes = graph.assets.map((asset) => {
        const box = make("input", { type: "checkbox", value: asset.id });
        box.checked = true;
        return make("label", {}, box, ` ${asset.symbol} · ${asset.chain_name}`);
      });
      this.part("assets").append(...boxes);
      this.ends = graph.endpoints.filter((end) => end.way.length);
      this.part("path").append(...this.ends.map((end, at) => make("option", { value: at }, end.name)));
      this.part("least").max = this.steps.length - 1;
      this.still = this.host.parentElement.querySelector(".still");
      this.turn = this.host.parentElement.querySelector(".switch");
      this.turn.hidden = this.still.hidden = false;
      this.show(false);
      if (graph.left_out.text) this.host.append(make("p", { class: "more" }, graph.left_out.text));
    }

    // Turns between the still picture and this one.
    show(still) {
      this.still.hidden = !still;
      this.host.hidden = still;
      this.turn.firstElementChild.textContent = still ? this.says.explore : this.says.still;
      if (!still) this.cy.resize();
    }

    listen() {
      const canvas = this.host.querySelector(".canvas");
      this.turn.firstElementChild.addEventListener("click", () => this.show(this.still.hidden));
      this.cy.on("tap", "node", (event) => this.pick(event.target.id()));
      this.cy.on("tap", "edge", (event) => this.pick(event.target.id()));
      this.cy.on("tap", (event) => event.target === this.cy && this.unpick());
      this.cy.on("mouseover mouseout", "node, edge", (event) => {
        canvas.style.cursor = event.type === "mouseover" ? "pointer" : "";
      });
      // A wheel that scrolls the page must not be caught by a picture that happens to lie under it.
      this.cy.on("tapstart", () => canvas.focus({ preventScroll: true }));
      canvas.addEventListener("focus", () => this.cy.userZoomingEnabled(true));
      canvas.addEventListener("blur", () => this.cy.userZoomingEnabled(false));
      canvas.addEventListener("keydown", (event) => this.key(event));
      this.part("search").addEventListener("input", () => this.search());
      this.part("search").addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        this.next();
      });
      this.part("assets").addEventListener("change", () => this.filter());
      this.part("least").addEventListener("input", () => this.filter());
      this.part("path").addEventListener("change", () => this.follow(this.ends[this.part("path").value]));
      const buttons = { zoom_in: () => this.zoom(1.4), zoom_out: () => this.zoom(1 / 1.4), fit: () => this.fit() };
      for (const [name, act] of Object.entries({ ...buttons, reset: () => this.reset() }))
        this.part(name).addEventListener("click", act);
    }

    key(event) {
      const step = 80;
      const acts = {
        ArrowLeft: () => this.cy.panBy({ x: step, y: 0 }),
        ArrowRight: () => this.cy.panBy({ x: -step, y: 0 }),
        ArrowUp: () => this.cy.panBy({ x: 0, y: step }),
        ArrowDown: () => this.cy.panBy({ x: 0, y: -step }),
        "+": () => this.zoom(1.4),
        "=": () => this.zoom(1.4),
        "-": () => this.zoom(1 / 1.4),
        0: () => this.fit(),
        Escape: () => this.unpick(),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
    }

    zoom(by) {
      const middle = { x: this.cy.width() / 2, y: this.cy.height() / 2 };
      this.cy.zoom({ level: this.cy.zoom() * by, renderedPosition: middle });
    }

    fit(kept = (id) => !this.out.has(id)) {
      const nodes = this.graph.nodes.filter((node) => kept(node.id));
      const { x, y, width, height } = this.extent(nodes.length ? nodes : this.graph.nodes);
      const room = [(this.cy.width() - 2 * MARGIN) / width, (this.cy.height() - 2 * MARGIN) / height];
      const zoom = Math.min(...room, 1.5);
      this.cy.viewport({ zoom, pan: { x: this.cy.width() / 2 - zoom * x, y: this.cy.height() / 2 - zoom * y } });
    }

    // Gives a class to exactly these, touching only those for which that is news.
    mark(name, ids) {
      const had = this.marks.get(name) ?? new Set();
      const some = (from, not) => {
        const found = this.cy.collection();
        for (const id of from) if (!not.has(id)) found.merge(this.cy.getElementById(id));
        return found;
      };
      this.cy.batch(() => {
        some(had, ids).removeClass(name);
        some(ids, had).addClass(name);
      });
      this.marks.set(name, ids);
    }

    say(text) {
      this.host.querySelector(".status").textContent = text;
    }

    filter() {
      const [least, text] = this.steps[this.part("least").value];
      this.part("least").nextElementSibling.textContent = `≥ ${text}`;
      this.part("least").setAttribute("aria-valuetext", text);
      const boxes = [...this.part("assets").querySelectorAll("input")];
      const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
      const left = this.graph.edges.filter((edge) => edge.share >= least && !off.has(edge.asset_id));
      const kept = new Set(left.flatMap((edge) => [edge.id, edge.from, edge.to]));
      const every = [...this.nodes.keys(), ...this.edges.keys()];
      this.out = new Set(left.length < this.edges.size ? every.filter((id) => !kept.has(id)) : []);
      this.mark("out", this.out);
      const n = [...this.nodes.keys()].filter((id) => !this.out.has(id)).length;
      this.say(filled(this.says.shown, { n, of: this.nodes.size, m: left.length, all: this.edges.size }));
    }

    search() {
      const word = this.part("search").value.trim().toLowerCase();
      const has = (...texts) => texts.some((text) => text.toLowerCase().includes(word));
      this.found = [];
      if (word.length >= WORD) {
        const nodes = this.graph.nodes.filter((node) => has(node.address, node.short, node.name));
        const edges = this.graph.edges.filter((edge) => edge.flows.some((flow) => has(flow.tx)));
        this.found = [...nodes, ...edges].map((one) => one.id);
      }
      this.at = -1;
      this.mark("found", new Set(this.found));
      const n = this.found.length;
      if (word.length < WORD) this.filter();
      else this.say(n ? filled(this.says.found, { n }) : this.says.found_none);
    }

    // Goes to the next thing found.
    next() {
      if (!this.found.length) return;
      this.at = (this.at + 1) % this.found.length;
      this.go(this.found[this.at]);
    }

    // Shows something wherever it lies, even where a filter had put it away.
    go(id) {
      const one = this.cy.getElementById(id);
      if (this.out.has(id)) this.unfilter();
      this.cy.zoom(Math.max(this.cy.zoom(), 0.8));
      this.cy.center(one);
      this.pick(id);
    }

    unfilter() {
      for (const box of this.part("assets").querySelectorAll("input")) box.checked = true;
      this.part("least").value = 0;
      this.filter();
    }

    reset() {
      this.part("search").value = "";
      this.search();
      this.follow();
      this.unfilter();
      this.fit();
    }

    unpick() {
      this.mark("picked", new Set());
      this.tell();
    }

    pick(id) {
      this.mark("picked", new Set([id]));
      this.tell(...(this.nodes.has(id) ? this.ofNode(this.nodes.get(id)) : this.ofEdge(this.edges.get(id))));
    }

    tell(...inside) {
      const panel = this.host.querySelector(".panel");
      panel.replaceChildren(...inside);
      panel.classList.toggle("open", inside.length > 0);
      panel.scrollTop = 0;
      this.cy.resize();
      const picked = this.cy.collection([...(this.marks.get("picked") ?? [])].map((id) => this.cy.getElementById(id)));
      const over = picked.renderedBoundingBox().x2 - this.cy.width();
      if (over > 0) this.cy.panBy({ x: -over - 20, y: 0 });
    }

    // One path of money: the payments that carried what rests at an endpoint now.
    follow(end) {
      const way = new Set(end ? end.way.flatMap((id) => [id, this.edges.get(id).from, this.edges.get(id).to]) : []);
      this.part("path").value = end ? this.ends.indexOf(end) : "";
      const every = [...this.nodes.keys(), ...this.edges.keys()];
      this.mark("way", way);
      this.mark("dim", new Set(way.size ? every.filter((id) => !way.has(id)) : []));
      if (!way.size) return void this.unpick();
      this.unfilter();
      const title = filled(this.says.path_of, { name: end.name });
      this.tell(make("h3", {}, title), this.list(end.way.map((id) => this.edges.get(id))));
      this.fit((id) => way.has(id));
    }

    named(id) {
      const node = this.nodes.get(id);
      return [node.name, node.short].filter(Boolean).join(" ");
    }

    button(id, ...inside) {
      return make("button", { type: "button", do: () => this.go(id) }, ...inside);
    }

    list(edges) {
      const rows = edges.slice(0, ROWS).map((edge) => {
        const text = `${this.named(edge.from)} → ${this.named(edge.to)}`;
        return make("li", {}, this.button(edge.id, text, make("br"), edge.traced));
      });
      if (edges.length > ROWS) rows.push(make("li", {}, filled(this.says.more, { n: edges.length - ROWS })));
      return make("ul", {}, ...rows);
    }

    ofNode(node) {
      const { says } = this;
      const [into, out] = [node.id, node.id].map((id, at) =>
        this.graph.edges.filter((edge) => edge[at ? "from" : "to"] === id),
      );
      const card = document.getElementById(node.card) && make("a", { href: `#${node.card}` }, says.card);
      const actions = [card, node.explorer && link(node.explorer, says.explorer)].filter(Boolean);
      const ends = this.ends.filter((end) => end.node === node.id);
      return [
        make("h3", {}, node.name ? claim(node.name) : node.role_name),
        node.address && make("p", {}, code(node.address)),
        make("p", {}, ...actions.flatMap((one, at) => (at ? [" · ", one] : [one]))),
        ...ends.map((end) =>
          make("p", {}, make("button", { type: "button", do: () => this.follow(end) }, `${says.follow}: ${end.name}`)),
        ),
        facts([
          [says.chain, node.chain_name],
          [says.role, node.role_name],
          [says.reasons, node.reasons.length ? make("span", {}, node.reasons.join("; ")) : ""],
          [says.received, node.received],
          [says.held, node.held],
          [says.share, this.shares[node.share]],
          [says.hop, node.hop < 0 ? "" : String(node.hop)],
          [says.first, node.first],
        ]),
        ...(into.length ? [make("h4", {}, says.incoming), this.list(into)] : []),
        ...(out.length ? [make("h4", {}, says.outgoing), this.list(out)] : []),
      ];
    }

    ofEdge(edge) {
      const { says } = this;
      const last = edge.time_last === edge.time_first ? "" : edge.time_last;
      const rows = edge.flows
        .slice(0, ROWS)
        .map((flow) =>
          make("li", {}, `#${flow.number} · ${flow.time}`, make("br"), flow.traced, make("br"), link(flow.url, code(flow.tx))),
        );
      if (edge.flows.length > ROWS) rows.push(make("li", {}, filled(says.more, { n: edge.flows.length - ROWS })));
      return [
        make("h3", {}, edge.kind_name),
        edge.inference ? make("p", {}, make("span", { class: "inference" }, `≈ ${says.inferred}`)) : "",
        facts([
          [says.from, this.button(edge.from, this.named(edge.from))],
          [says.to, this.button(edge.to, this.named(edge.to))],
          [says.traced, edge.traced],
          [says.gross, edge.amount],
          [says.share, this.shares[edge.share]],
          [says.time, [edge.time_first, last].filter(Boolean).join(" – ")],
        ]),
        ...(rows.length ? [make("h4", {}, says.transactions), make("ul", {}, ...rows)] : []),
      ];
    }
  }

  // As much of a line as a box bears; Chinese signs are twice as wide.
  function fitted(text) {
    let room = LETTERS;
    const kept = [...text].filter((sign) => (room -= sign > "\u2e80" ? 2 : 1) >= 0).join("");
    return kept === text ? text : `${kept}…${text[0] === "[" ? "]" : ""}`;
  }

  // Decimals may be cut where it shows; the panel has them all.
  const drawnAmount = (text) => text.replace(/(\.\d{4})\d+/g, "$1…");

  function drawnNode(node) {
    const name = node.name || (node.role === "wallet" ? "" : node.role_name);
    const held = drawnAmount(node.held);
    const lines = [fitted(name), node.short, fitted(held) === held ? held : "…"];
    const data = { id: node.id, role: node.role, label: lines.filter(Boolean).join("\n") };
    return { group: "nodes", data, position: { x: node.x, y: node.y } };
  }

  function drawnEdge(edge) {
    const width = 1 + Math.round(edge.share / 1500);
    const data = { id: edge.id, source: edge.from, target: edge.to, label: drawnAmount(edge.traced), width };
    return { group: "edges", data, classes: edge.inference ? "inferred" : "" };
  }

  // A role's box as the still picture draws it.
  function outlined(look, [width, height]) {
    const svg = document.createElementNS(SVG, "svg");
    const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    set(svg, { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    look.paths.forEach((d, at) => {
      const path = svg.appendChild(document.createElementNS(SVG, "path"));
      set(path, { d, fill: at ? "none" : look.fill, stroke: look.stroke, "stroke-width": 1 + look.wide });
      if (look.dashed) path.setAttribute("stroke-dasharray", "5 3");
    });
    return svg;
  }

  function style(picture) {
    const theme = getComputedStyle(document.documentElement);
    const colour = (name) => theme.getPropertyValue(`--${name}`).trim();
    const writing = { "font-family": "Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif", "min-zoomed-font-size": 6 };
    const [width, height] = picture.box;
    const marked = (name) => ({
      "border-color": colour(name),
      "border-width": 4,
      "line-color": colour(name),
      "target-arrow-color": colour(name),
    });
    const roles = Object.entries(picture.looks).map(([role, look]) => {
      const image = `data:image/svg+xml,${encodeURIComponent(outlined(look, picture.box).outerHTML)}`;
      return { selector: `node[role = "${role}"]`, style: { "background-image": image } };
    });
    return [
      {
        selector: "node",
        style: {
          ...writing,
          shape: "rectangle",
          width,
          height,
          "background-opacity": 0,
          "background-fit": "cover",
          "border-width": 0,
          label: "data(label)",
          color: "#1b1f24",
          "font-size": 18,
          "line-height": 1.15,
          "text-valign": "center",
          "text-wrap": "wrap",
          "text-max-width": 2 * width,
        },
      },
      ...roles,
      {
        selector: "edge",
        style: {
          ...writing,
          "curve-style": picture.many ? "haystack" : "bezier",
          "haystack-radius": 0,
          "target-arrow-shape": "triangle",
          "target-arrow-color": colour("quiet"),
          "line-color": colour("quiet"),
          width: "data(width)",
          label: picture.many ? "" : "data(label)",
          color: colour("text"),
          "font-size": 15,
          "text-background-color": colour("page"),
          "text-background-opacity": 0.85,
        },
      },
      { selector: ".inferred", style: { "line-style": "dashed" } },
      { selector: ".way", style: { ...marked("way"), "z-index": 5 } },
      { selector: ".found", style: { ...marked("mark"), "z-index": 8 } },
      { selector: ".picked", style: { ...marked("link"), "z-index": 9 } },
      { selector: ".dim", style: { opacity: 0.12 } },
      { selector: ".out", style: { display: "none" } },
    ];
  }

  for (const host of document.querySelectorAll(".graph")) new Picture(host);
})();
