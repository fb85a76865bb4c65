// The first script of the page, in every engine, as it stands: it says what to do where the others
// cannot run. Written for the oldest (ES5): Internet Explorer 11, the old Edge, phones that get no updates.
(function (world) {
  "use strict";
  // Without these the page would break half way. What is missing besides (video, say) it tells itself.
  var needs = ["Promise", "Map", "Set", "Symbol", "Uint8Array", "URL", "Array.from", "Object.assign", "String.prototype.startsWith"];

  function has(path) {
    var at = world;
    var parts = path.split(".");
    for (var i = 0; i < parts.length; i++) {
      if (at === undefined || at === null) {
        return false;
      }
      at = at[parts[i]];
    }
    return at !== undefined && at !== null;
  }

  function lacks() {
    for (var i = 0; i < needs.length; i++) {
      if (!has(needs[i])) {
        return true;
      }
    }
    return false;
  }

  // system is whose advice to give; empty for none in particular.
  function system(agent) {
    var windows = /Windows NT (\d+)/.exec(agent);
    if (windows) {
      return Number(windows[1]) < 10 ? "windows_old" : "windows";
    }
    if (/iPhone|iPad|iPod/.test(agent)) {
      return "ios";
    }
    return /Android/.test(agent) ? "android" : /Macintosh/.test(agent) ? "macos" : /Linux|X11/.test(agent) ? "linux" : "";
  }

  function tell(document) {
    var app = document.getElementById("app");
    var old = document.getElementById("old");
    if (!app || !old) {
      return;
    }
    app.style.display = "none";
    old.removeAttribute("hidden");
    var advice = old.querySelectorAll("[data-for='" + system(world.navigator.userAgent) + "']");
    for (var i = 0; i < advice.length; i++) {
      advice[i].removeAttribute("hidden");
    }
  }

  var document = world.document;
  var broken = false;
  if (lacks()) {
    tell(document);
    return;
  }
  // One that cannot be read is told to the window; one that did not arrive, to its own element: that
  // is no fault of the engine.
  world.addEventListener("error", function (e) {
    broken = broken || !(e && e.target && e.target.tagName);
  }, true);
  // Every deferred script has had its turn by now: what still waits for one waits in vain.
  document.addEventListener("DOMContentLoaded", function () {
    if (broken && document.getElementById("loading")) {
      tell(document);
    }
  });
})(window);
