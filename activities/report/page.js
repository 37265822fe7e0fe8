"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const cues = data.cues.map(([number, start, end, text]) => ({ number, start, end, text }));
  const byNumber = new Map(cues.map((cue) => [String(cue.number), cue]));
  const video = $("video"), cursor = $("cursor"), scroll = $("scroll"), lanes = $("lanes");
  const clips = [...lanes.querySelectorAll(".clip")];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let current = null, held = null, zoom = 1;

  const clock = (ms) => {
    const tenths = Math.floor(ms / 100), hours = Math.floor(tenths / 36000);
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(tenths / 600) % 60;
    return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  };
  const tell = (words) => { $("live").textContent = ""; setTimeout(() => { $("live").textContent = words; }, 50); };
  const now = () => video.currentTime * 1000;
  const ready = () => video.readyState >= HTMLMediaElement.HAVE_METADATA;

  // Where we are: the cursor, the description that is heard, and whether the picture is held.
  const show = () => {
    const at = now();
    cursor.style.left = `${(Math.min(at, data.duration) * 100) / data.duration}%`;
    $("clock").textContent = clock(at);
    const cue = cues.find((each) => at >= each.start && at < each.end) || null;
    const pause = data.pauses.some(([start, end]) => at >= start && at < end);
    if (pause !== held) { held = pause; $("held").hidden = !pause; }
    if (cue !== current) {
      // Played to its end, and not left for another place.
      if (current && at >= current.end && $("stop").checked && !video.seeking) video.pause();
      become(cue);
    }
  };
  const become = (cue) => {
    document.querySelectorAll(".current").forEach((element) => {
      element.classList.remove("current");
      element.removeAttribute("aria-current");
    });
    current = cue;
    $("text").textContent = cue ? `${cue.number}. ${cue.text}` : "";
    if (!cue) return;
    document.querySelectorAll(`button[data-cue="${cue.number}"]`).forEach((button) => {
      button.setAttribute("aria-current", "true");
      (button.closest("tr") || button).classList.add("current");
    });
    const row = document.querySelector(`#cues button[data-cue="${cue.number}"]`), list = row.closest(".list");
    const top = row.offsetTop - list.clientHeight / 3;
    list.scrollTo({ top, behavior: still.matches ? "auto" : "smooth" });
    if ($("tell").checked && !video.paused) tell(`Description ${cue.number}: ${cue.text}`);
  };
  const follow = () => {
    show();
    if (zoom > 1) {
      const x = cursor.offsetLeft, from = scroll.scrollLeft, width = scroll.clientWidth;
      if (x < from || x > from + width * 0.9) scroll.scrollLeft = x - width * 0.1;
    }
    if (!video.paused) requestAnimationFrame(follow);
  };

  const seek = (ms) => { if (ready()) { video.currentTime = ms / 1000; show(); } };
  const play = (cue) => {
    if (!ready()) {
      $("missing").hidden = false;
      $("file").focus();
      tell("Open the video first.");
      return;
    }
    // A millisecond in, so that rounding does not show the cue before.
    seek(cue.start + 1);
    tell(`Playing description ${cue.number} at ${clock(cue.start)}.`);
    video.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
    video.play().catch(() => tell("The browser did not start to play: press play on the video."));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-cue]");
    if (button) {
      if (button.classList.contains("clip")) rove(button);
      play(byNumber.get(button.dataset.cue));
    }
  });
  lanes.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    const box = lanes.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * data.duration);
  });

  // One of the clips is in the tab order; the arrow keys go from one to the next.
  const rove = (clip) => clips.forEach((each) => { each.tabIndex = each === clip ? 0 : -1; });
  const inTime = [...clips].sort((a, b) => byNumber.get(a.dataset.cue).start - byNumber.get(b.dataset.cue).start);
  if (inTime.length) rove(inTime[0]);
  lanes.addEventListener("keydown", (event) => {
    const at = inTime.indexOf(event.target), last = inTime.length - 1;
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const clip = inTime[Math.max(0, Math.min(last, next))];
    rove(clip);
    clip.focus();
  });

  // As many ticks as there is room for.
  const axis = lanes.querySelector(".axis"), steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const drawAxis = () => {
    const least = (data.duration / 1000) * (72 / lanes.offsetWidth);
    const step = (steps.find((each) => each >= least) || steps.at(-1)) * 1000;
    axis.replaceChildren();
    for (let at = 0; at < data.duration - step / 3; at += step) {
      const tick = document.createElement("span");
      tick.style.left = `${(at * 100) / data.duration}%`;
      tick.textContent = clock(at).replace(/\.0$/, "");
      axis.append(tick);
    }
  };
  new ResizeObserver(drawAxis).observe(lanes);

  const setZoom = (value) => {
    const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / lanes.offsetWidth;
    zoom = Math.max(1, Math.min(64, value));
    lanes.style.setProperty("--zoom", zoom);
    scroll.scrollLeft = middle * lanes.offsetWidth - scroll.clientWidth / 2;
    $("out").disabled = zoom === 1;
    $("in").disabled = zoom === 64;
  };
  $("in").addEventListener("click", () => setZoom(zoom * 2));
  $("out").addEventListener("click", () => setZoom(zoom / 2));
  setZoom(1);

  // The captions, for those who do not hear it; descriptions are in the sound.
  if (data.captions.length) {
    const track = video.addTextTrack("captions", "Captions", data.captions_language);
    for (const [start, end, text] of data.captions) {
      if (end > start) track.addCue(new VTTCue(start / 1000, end / 1000, text));
    }
    track.mode = "showing";
  }

  for (const event of ["seeking", "seeked", "timeupdate", "loadedmetadata"]) video.addEventListener(event, show);
  video.addEventListener("play", follow);
  const sources = [...video.querySelectorAll("source")];
  const missing = () => { if (!ready()) $("missing").hidden = false; };
  sources.at(-1).addEventListener("error", missing);
  setTimeout(() => { if (video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) missing(); }, 500);
  video.addEventListener("loadedmetadata", () => { $("missing").hidden = true; });
  $("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (!file) return;
    video.src = URL.createObjectURL(file);
    video.addEventListener("loadedmetadata", () => {
      video.focus();
      tell("The video is open.");
    }, { once: true });
  });

  const names = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "language" }) : null;
  document.querySelectorAll("[data-language]").forEach((element) => {
    try { if (names) element.textContent = `in ${names.of(element.dataset.language)}`; } catch { /* a private code stays as it is */ }
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
})();
