// Runs only where modules are unknown: too old for a video consultation.
// Written for such engines, and copied into dist as it stands.
(function () {
  var app = document.getElementById("app");
  var old = document.getElementById("old");
  if (app) {
    app.style.display = "none";
  }
  if (old) {
    old.removeAttribute("hidden");
  }
})();
