// Runs in the page before anything else: a scripted server behind a WebSocket that never
// leaves the page. Its media end is a second RTCPeerConnection that offers, as the server does.
(() => {
  const log = [];
  const mock = (window.mock = { log, gen: 0, place: "waiting", admitted: false, refuse: false, sockets: [], got: {}, doctor: { audio: true, video: true, away: false } });
  const person = (id, more) => ({ id, name: id === "d" ? "Dr Anne Le Goff" : "Yann", role: id === "d" ? "clinician" : "patient", place: "call", ready: true, away: false, audio: true, video: true, since: Date.now() / 1000, ...more });
  const tell = (type, data) => mock.sockets.forEach((s) => s.deliver({ type, data }));
  const me = () => person("p", { place: mock.place, ready: mock.ready === true, screen: mock.shares === true, ...mock.can });

  class Socket {
    constructor(url) {
      this.url = url;
      this.readyState = 0;
      setTimeout(() => {
        if (mock.refuse) return this.lose();
        this.readyState = 1;
        this.onopen && this.onopen();
      }, 20);
      mock.url = url;
    }
    send(text) {
      const m = JSON.parse(text);
      log.push(m);
      if (mock.deaf) return;
      if (m.type === "hello") {
        if (m.data.resume && mock.forgot) return this.deliver({ type: "failure", data: { code: "pass", text: "", fatal: true } });
        mock.sockets = [this];
        this.deliver({ type: "welcome", data: { version: 1, self: "p", role: "patient", room: "r", resume: "seat-1", people: [me(), ...(mock.place === "call" ? [person("d", mock.doctor)] : [])], gen: mock.gen, files: { token: "token-p", limit: 5000000 } } });
      } else if (m.type === "ready") {
        mock.ready = true;
        mock.can = { keys: m.data.keys === true, seal: m.data.seal === true };
        tell("presence", { person: me() });
      } else if (m.data.peer && mock.group) {
        mock.group.receive({ type: m.type, data: { ...m.data, peer: "p" } });
      } else if (m.type === "ping") {
        this.deliver({ type: "pong", data: m.data });
      } else if (m.type === "answer") {
        if (mock.pc && m.data.gen === mock.gen) mock.pc.setRemoteDescription({ type: "answer", sdp: m.data.sdp }).catch((e) => log.push({ type: "bad answer", data: String(e) }));
      } else if (m.type === "up") {
        tell("settle", { gen: m.data.gen });
      } else if (m.type === "renew") {
        mock.offer();
      } else if (m.type === "share") {
        if (m.data.on && (mock.busy || mock.doctor.screen)) return this.deliver({ type: "failure", data: { code: "sharing", text: "", fatal: false } });
        mock.shares = m.data.on;
        tell("presence", { person: me() });
      } else if (m.type === "leave") {
        setTimeout(() => this.lose(), 5);
      }
    }
    deliver(m) {
      setTimeout(() => this.readyState === 1 && this.onmessage && this.onmessage({ data: JSON.stringify(m) }), 5);
    }
    close() {
      this.readyState = 3;
      mock.sockets = mock.sockets.filter((s) => s !== this);
    }
    lose() {
      const told = this.onclose;
      this.close();
      told && told({});
    }
  }
  window.WebSocket = Socket;

  mock.drop = () => mock.sockets.slice().forEach((s) => s.lose());
  mock.admit = () => {
    mock.place = "call";
    tell("admitted", { ice: [] });
    tell("presence", { person: me() });
    tell("presence", { person: person("d", mock.doctor) });
    return mock.offer();
  };
  mock.tell = tell;
  mock.say = (text) => tell("said", { from: "d", text });
  mock.end = (reason, text) => tell("ended", { reason, text });
  mock.change = (more) => tell("presence", { person: person("d", Object.assign(mock.doctor, more)) });
  /** keys gives the practitioner keys and a seal, and makes the connection anew. */
  mock.keys = async (worker) => {
    mock.leads = await window.ends.Transforms.start(worker);
    const log = (mock.chat = new window.ends.Log(Date.now));
    log.enter("d", "clinician");
    const pointing = (mock.pointing = new window.ends.Pointing(Date.now));
    pointing.enter("d", "clinician");
    const base = location.pathname.replace(/\/r\/.*/, "");
    const files = (mock.files = new window.ends.Files({ base, token: () => "token-d" }, () => share.flush()));
    files.allow(5000000);
    const said = [];
    mock.answers = [];
    const snapshot = { meet() {}, part() {}, tick() {}, take: () => said.splice(0), hear: (peer, view, payload) => mock.answers.push(window.ends.snapshot.decode(payload).answer) };
    /** pose says something of photographs, as a clinician does. */
    mock.pose = (m) => {
      said.push({ peer: "p", view: false, payload: window.ends.snapshot.encode(m) });
      share.flush();
    };
    const easel = (mock.easel = new window.ends.Easel("d", "clinician", () => performance.now()));
    const share = new window.ends.Share({ chat: log, screen: pointing, files, snapshot, board: easel }, (topic, out) => mock.group.say(out.peer, topic, out.view, out.payload));
    const group = (mock.group = new window.ends.Group({
      frames: mock.leads, now: Date.now, send: (m) => tell(m.type, { ...m.data, peer: "d" }),
      changed: () => share.follow(mock.group.pairings().map((p) => ({ peer: p.peer, role: "patient", agreed: p.agreed, away: false }))),
      said: (peer, topic, view, payload) => share.hear(peer, topic, view, payload),
    }));
    await group.enter("d", 2, false);
    await group.meets([{ id: "p", keys: true, seal: true }]);
    setInterval(() => {
      pointing.follow(mock.doctor.screen ? "d" : mock.shares ? "p" : "");
      group.tick();
      share.tick();
    }, 250);
    setInterval(() => share.flush(), 45);
    mock.change({ keys: true, seal: true });
    return mock.offer();
  };
  mock.code = () => window.ends.words("fr", mock.group.pairings()[0].code).join(" ");
  mock.counts = async () => (mock.leads ? (await mock.leads.counts()).p : null);
  /** view is what the practitioner sees of our screen. */
  mock.view = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
  mock.got = {};
  /** bits are what came on one line so far. */
  mock.bits = async (i) => {
    let n = 0;
    (await mock.lines[i].receiver.getStats()).forEach((r) => (n += r.type === "inbound-rtp" ? r.bytesReceived * 8 : 0));
    return n;
  };
  const Real = window.RTCPeerConnection;
  const complete = (pc) => new Promise((done) => {
    if (pc.iceGatheringState === "complete") return done();
    pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && done());
    setTimeout(done, 3000);
  });
  mock.offer = async () => {
    const gen = ++mock.gen;
    const c = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const g = c.getContext("2d");
    let n = 0;
    setInterval(() => {
      g.fillStyle = `hsl(${190 + (n++ % 20)} 30% 60%)`;
      g.fillRect(0, 0, 640, 360);
    }, 50);
    const pc = new Real(mock.leads ? mock.leads.config() : {});
    if (mock.pc) mock.pc.close();
    mock.pc = pc;
    mock.got = {};
    // Sound, the camera and the screen, in the server's order.
    const lines = ["audio", "video", "screen"].map((name) => {
      const kind = name === "audio" ? "audio" : "video";
      const line = pc.addTransceiver(kind, { direction: "recvonly" });
      if (mock.leads) mock.leads.receives(line.receiver, name, "p");
      line.receiver.track.onunmute = () => (mock.got[name] = true);
      return line;
    });
    mock.view.srcObject = new MediaStream([lines[2].receiver.track]);
    mock.lines = lines;
    const sound = new AudioContext();
    const out = sound.createMediaStreamDestination();
    const tone = sound.createOscillator();
    tone.connect(out);
    tone.start();
    const sent = new MediaStream([out.stream.getAudioTracks()[0], c.captureStream(20).getVideoTracks()[0]]);
    sent.getTracks().forEach((t) => {
      const line = pc.addTransceiver(t, { direction: "sendonly", streams: [sent] });
      if (mock.leads) mock.leads.sends(line.sender, t.kind);
    });
    mock.round = 0;
    mock.names = { [sent.id]: "d" };
    return mock.propose();
  };
  mock.propose = async () => {
    const { pc, gen } = mock;
    await pc.setLocalDescription(await pc.createOffer());
    await complete(pc);
    // The id of the stream is the id of the person, or of their screen.
    const sdp = Object.keys(mock.names).reduce((all, id) => all.split(id).join(mock.names[id]), pc.localDescription.sdp);
    tell("offer", { gen, round: ++mock.round, sdp });
  };
  /** show lets the practitioner show a screen of which the left half is red, on a line of its own. */
  mock.show = () => {
    const c = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const g = c.getContext("2d");
    const paint = () => {
      g.fillStyle = "#c00000";
      g.fillRect(0, 0, 640, 720);
      g.fillStyle = "#0000c0";
      g.fillRect(640, 0, 640, 720);
    };
    mock.painting = setInterval(paint, 100);
    const sent = c.captureStream(10);
    mock.shown = mock.pc.addTransceiver(sent.getTracks()[0], { direction: "sendonly", streams: [sent] });
    if (mock.leads) mock.leads.sends(mock.shown.sender, "screen");
    mock.names[sent.id] = "screen.d";
    mock.change({ screen: true });
    return mock.propose();
  };
  mock.hide = () => {
    clearInterval(mock.painting);
    mock.pc.removeTrack(mock.shown.sender);
    mock.change({ screen: false });
    return mock.propose();
  };
})();
