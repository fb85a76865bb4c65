package ui

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Each screen in each state: the buttons in the order of the keyboard ("-" before one
// that cannot be pressed), words that must be there, and the one primary action.
func TestScreens(t *testing.T) {
	want := map[string]struct{ buttons, says, primary string }{
		"d1-first":            {"Afficher|Se connecter", "Adresse du serveur", "Se connecter"},
		"d1-known":            {"Changer de serveur|Afficher|Se connecter", "ekermed.example.org", "Se connecter"},
		"d1-busy":             {"Changer de serveur|Afficher|-Connexion en cours…", "", ""},
		"d1-wrong":            {"Changer de serveur|Afficher|Se connecter", "ne correspond pas", "Se connecter"},
		"d1-offline":          {"Tester le réseau|Changer de serveur|Afficher|Se connecter", "Le serveur ekermed.example.org ne répond pas.", "Se connecter"},
		"d1-proxy":            {"Continuer|Changer de serveur|Afficher|Se connecter", "Le proxy proxy.hopital.example demande un identifiant.", "Continuer"},
		"d1-proxy-wrong":      {"Continuer|Changer de serveur|Afficher|Se connecter", "n’accepte pas cet identifiant", "Continuer"},
		"d1-proxy-refused":    {"Tester le réseau|Changer de serveur|Afficher|Se connecter", "Le proxy proxy.hopital.example (403) ne répond pas", "Se connecter"},
		"d2-proxy":            {"*Nouveau rendez-vous|S’identifier|-Faire entrer|-Message|-Refuser|-Ouvrir la salle|-Annuler|-Ouvrir la salle|-Annuler|-Ouvrir la salle|-Annuler", "Copie hors ligne de 10\u00a0h\u00a035", "S’identifier"},
		"d2-proxy-login":      {"Annuler|Continuer", "Mot de passe du proxy", "Continuer"},
		"d2-empty":            {"*Nouveau rendez-vous", "Aucun rendez-vous aujourd’hui", "Nouveau rendez-vous"},
		"d2-waiting":          {"*Nouveau rendez-vous|Faire entrer|Message|Refuser|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler", "Attend depuis 12\u00a0min", "Faire entrer"},
		"d2-late":             {"*Nouveau rendez-vous|Faire entrer|Message|Refuser|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler", "Attend depuis 37\u00a0min", "Faire entrer"},
		"d2-offline":          {"*Nouveau rendez-vous|-Faire entrer|-Message|-Refuser|-Ouvrir la salle|-Annuler|-Ouvrir la salle|-Annuler|-Ouvrir la salle|-Annuler", "Copie hors ligne de 10\u00a0h\u00a035", ""},
		"d3-form":             {"Annuler|Envoyer", "Adresse e-mail du patient", "Envoyer"},
		"d3-later":            {"Annuler|Envoyer", "Heure", "Envoyer"},
		"d3-invalid":          {"Annuler|Envoyer", "Cette adresse n’est pas complète", "Envoyer"},
		"d3-sending":          {"Annuler|-Envoi en cours…", "", ""},
		"d3-sent":             {"Copier le lien|Inviter quelqu’un d’autre|Terminé", "L’e-mail est parti.", "Terminé"},
		"d3-failed":           {"Annuler|Envoyer", "ne répond pas", "Envoyer"},
		"d4-preview":          {"*Tester le son", "Parlez", ""},
		"d4-denied":           {"*Tester le son", "Ouvrez Paramètres, Confidentialité", ""},
		"d4-none":             {"*-Tester le son", "Aucun appareil trouvé.", ""},
		"d5-running":          {"*Arrêter le test|Retour", "Relais TURN en UDP\nUDP\u00a0443\nEn cours…", ""},
		"d5-direct":           {"*Relancer le test|Retour", "UDP\u00a0443 · prêt en 210\u00a0ms · aller-retour 18\u00a0ms · au moins 1,5\u00a0Mbit/s · perte 0\u00a0%", "Relancer le test"},
		"d5-tls":              {"*Relancer le test|Copier le texte pour l’informatique|Retour", "Qualité réduite\u00a0: seul TCP\u00a0443", "Relancer le test"},
		"d5-blocked":          {"*Relancer le test|Copier le texte pour l’informatique|Retour", "Ce réseau ne laisse passer ni le son ni l’image.", "Relancer le test"},
		"d5-alone":            {"Relancer le test|Copier le texte pour l’informatique|Retour", "Certificat non reconnu", "Relancer le test"},
		"d6-empty":            {"Verrouiller|Retour à l’agenda|Micro|Caméra", "Personne n’attend pour l’instant", ""},
		"d6-two":              {"Verrouiller|Retour à l’agenda|Faire entrer|Message|Refuser|Faire entrer|Message|Refuser|Micro|Caméra", "Règle sa caméra et son micro", "Faire entrer"},
		"d6-refuse":           {"Annuler|Refuser", "Refuser Camille Moreau", ""},
		"d1-code":             {"Changer de serveur|Afficher|Se connecter", "Sans téléphone, un code de secours.", "Se connecter"},
		"d1-code-wrong":       {"Changer de serveur|Afficher|Se connecter", "Ce code n’est pas le bon", "Se connecter"},
		"d1-idle":             {"Changer de serveur|Afficher|Se connecter", "personne n’a utilisé e-KerMed", "Se connecter"},
		"d2-again":            {"*Nouveau rendez-vous|Faire entrer|Message|Refuser|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler", "Le lien a déjà servi", "Faire entrer"},
		"d2-guest":            {"*Nouveau rendez-vous|Faire entrer|Message|Refuser|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler|Ouvrir la salle|Annuler", "Interprète · breton · Inès Le Bihan", "Faire entrer"},
		"d6-again":            {"Déverrouiller|Retour à l’agenda|Faire entrer|Message|Refuser|Faire entrer|Message|Refuser|Micro|Caméra", "Demandez qui est là", "Faire entrer"},
		"d7-locked":           {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Salle verrouillée", ""},
		"d7-held":             {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter", "Camille Moreau est en attente", ""},
		"d7-people":           {"Couper les micros|Verrouiller|Couper le micro|Mettre en attente|Faire sortir|Passer la main|Couper le micro|Mettre en attente|Faire sortir|Mettre en attente|Faire sortir|Reprendre|Faire sortir|Faire entrer|Fermer", "Dr Anne Le Goff (vous)", "Reprendre"},
		"d7-people-locked":    {"Couper les micros|Déverrouiller|Couper le micro|Mettre en attente|Faire sortir|Fermer", "Personne de nouveau ne peut venir.", ""},
		"d7-hand-over-list":   {"Couper les micros|Verrouiller|Couper le micro|Mettre en attente|Faire sortir|Passer la main|Couper le micro|Mettre en attente|Faire sortir|Fermer", "Dr Paul Riou\nConfrère", ""},
		"d7-hand-over":        {"Annuler|Passer la main", "Si Dr Paul Riou part, la main vous revient.", "Passer la main"},
		"d7-handed-over":      {"|||Voir qui parle|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Dr Paul Riou conduit maintenant la consultation", ""},
		"d7-handed-over-list": {"Couper les micros|Couper le micro|Mettre en attente|Faire sortir|Fermer", "Dr Paul Riou\nPraticien", ""},
		"d7-remove":           {"Annuler|Faire sortir", "Faire sortir Camille Moreau", ""},
		"d7-talking":          {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Chiffré jusqu’au serveur", ""},
		"d7-rest":             {"Chiffré jusqu’au serveur", "Camille Moreau", ""},
		"d7-muted":            {"Micro coupé|Caméra coupée|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Micro coupé", ""},
		"d7-audio":            {"Micro|Caméra coupée|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "vous vous entendez", ""},
		"d7-connecting":       {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter", "L’image et le son arrivent.", ""},
		"d7-reconnecting":     {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Reconnexion… 5\u00a0s", ""},
		"d7-reduced":          {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur · Qualité réduite", "Chiffré jusqu’au serveur · Qualité réduite", ""},
		"d7-sealed":           {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré de bout en bout", "Chiffré de bout en bout", ""},
		"d7-code":             {"Les mots sont les mêmes|Ils sont différents|Fermer", "oreiller", "Les mots sont les mêmes"},
		"d7-compared":         {"Fermer", "Code comparé avec Camille Moreau", ""},
		"d7-broken":           {"Fermer", "Quelqu’un a pu s’interposer", ""},
		"d7-away":             {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Connexion interrompue", ""},
		"d7-left":             {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Camille Moreau a quitté la consultation", ""},
		"d7-door":             {"Faire entrer|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Nora Petit attend à la porte", "Faire entrer"},
		"d7-news":             {"Lire|Micro|Caméra|Partager|-Tableau|Écrire (1)|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Message de Camille Moreau", ""},
		"d8-chat":             {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Ouvrir ordonnances.exemple.fr|Frappe masquée|Tout copier|Envoyer", "Pas encore remis à Camille Moreau", "Envoyer"},
		"d8-chat-deaf":        {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Frappe masquée|Envoyer", "Camille Moreau ne peut pas recevoir de messages", "Envoyer"},
		"d8-chat-empty":       {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Frappe masquée|Envoyer", "Écrivez le premier message.", "Envoyer"},
		"d8-chat-writing":     {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Frappe masquée|Tout copier|Envoyer", "Camille Moreau écrit\nDepuis lundi", "Envoyer"},
		"d8-chat-full":        {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Ouvrir ordonnances.exemple.fr|Frappe masquée|Tout copier|-Envoyer", "Cette conversation est pleine.", ""},
		"d7-share":            {"Écran 1 · 1920\u00a0×\u00a01080|Imagerie – Examen du 12 novembre · 1400\u00a0×\u00a0900|Messagerie · 1100\u00a0×\u00a0800|Annuler", "Que voulez-vous montrer", ""},
		"d7-share-none":       {"Annuler", "Cette session (Wayland)", ""},
		"d7-share-asks":       {"Annuler", "Choisissez dans la fenêtre que votre système a ouverte.", ""},
		"d7-sharing-chosen":   {"Figer|Arrêter|Micro|Caméra|Arrêter|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Vous montrez\u00a0: ce que vous avez choisi", "Arrêter"},
		"d7-sharing":          {"Figer|Arrêter|Micro|Caméra|Arrêter|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Vous montrez\u00a0: Imagerie", "Arrêter"},
		"d7-sharing-paused":   {"Reprendre|Arrêter|Micro|Caméra|Arrêter|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "L’image est figée", "Arrêter"},
		"d7-screen-points":    {"||-|||Montrer du doigt|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Écran de Camille Moreau", ""},
		"d7-screen-larger":    {"|||||Montrer du doigt|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Écran de Camille Moreau", ""},
		"d7-sharing-pointed":  {"Figer|Arrêter|Micro|Caméra|Arrêter|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Camille Moreau montre quelque chose", "Arrêter"},
		"d7-screen":           {"||-|||Montrer du doigt|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Camille Moreau, Inès Le Bihan", ""},
		"d8-files":            {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Retirer|Pause|Annuler|Ouvrir le dossier|Recevoir|Refuser|Annuler|Envoyer un fichier", "Reçu par 1 personne", "Envoyer un fichier"},
		"d8-files-empty":      {"Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Envoyer un fichier", "100\u00a0Mo au plus", "Envoyer un fichier"},
		"d7-files-news":       {"Voir|Micro|Caméra|Partager|-Tableau|Écrire (3)|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Fichier de Camille Moreau", ""},
		"d7-six":              {"|||||Voir qui parle|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Parle", ""},
		"d7-board":            {"Stylo||||||||||-|-|||||PNG|SVG|||Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Tableau", ""},
		"d7-speaker":          {"|||||Voir tout le monde|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Parle", ""},
		"d7-pinned":           {"|||||Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Inès Le Bihan", ""},
		"d7-pinned-two":       {"||Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Inès Le Bihan", ""},
		"d7-screen-pinned":    {"||-|||Montrer du doigt|Micro|Caméra|Partager|-Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Écran de Camille Moreau", ""},
		"d7-board-pinned":     {"Stylo||||||||||-|-|||||PNG|SVG|||Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Inès Le Bihan", ""},
		"d7-board-empty":      {"Stylo||||||||||-|-|||||PNG|SVG|Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Tableau", ""},
		"d8-board-ground":     {"Stylo|||||||||||-|||||||PNG|SVG|Voir|Micro|Caméra|Partager|Tableau|Écrire (3)|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Tableau", ""},
		"d8-board-coming":     {"Stylo|||||||||||-||||||PNG|SVG|Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "L’image du tableau arrive…", ""},
		"d8-board-lost":       {"Stylo|||||||||||-||||||PNG|SVG|Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "L’image du tableau n’est pas parvenue.", ""},
		"d8-files-pictures":   {"Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Mettre au tableau|Ouvrir le dossier|Voir la photo|Mettre au tableau|Envoyer un fichier", "Photo de Camille Moreau\n1,9\u00a0Mo · Reçue, en mémoire seulement", "Envoyer un fichier"},
		"d9-photo-view":       {"Tourner à gauche|Tourner à droite|Annoter|Enregistrer…|Effacer|Fermer", "Photo de Camille Moreau", "Fermer"},
		"d9-photo-turned":     {"Tourner à gauche|Tourner à droite|Annoter|Enregistrer…|Effacer|Fermer", "qu’en mémoire", "Fermer"},
		"d9-photo-unseen":     {"-Tourner à gauche|-Tourner à droite|-Annoter|Enregistrer…|Effacer|Fermer", "ne peut pas être affichée", "Fermer"},
		"d9-photo-erase":      {"Annuler|Effacer", "Si vous l’avez mise au tableau, elle y reste.", ""},
		"d9-pages":            {"||Annuler|Mettre au tableau", "Page 2 sur 7", "Mettre au tableau"},
		"d9-pages-many":       {"-||Annuler|Mettre au tableau", "Aller à la page", "Mettre au tableau"},
		"d9-pages-unseen":     {"||Annuler|-Mettre au tableau", "demande trop de travail", ""},
		"d8-board-pdf-locked": {"Stylo||||||||||-|-|||||PNG|SVG|Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "protégé par un mot de passe", ""},
		"d8-files-pdf":        {"Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur|Conversation|Fichiers|Fermer|Mettre au tableau|Ouvrir le dossier|Envoyer un fichier", "résultats.pdf", "Envoyer un fichier"},
		"d7-board-news":       {"Voir|Micro|Caméra|Partager|Tableau|Écrire|Personnes|Réglages|Quitter|Chiffré jusqu’au serveur", "Camille Moreau dessine sur le tableau", ""},
		"d9-photo":            {"Couper les micros|Verrouiller|Annuler la demande|Couper le micro|Mettre en attente|Faire sortir|Demander une photo|Couper le micro|Mettre en attente|Faire sortir|Fermer", "Photo refusée", ""},
		"d7-settings":         {"Tester le son|Fermer", "Haut-parleur", "Fermer"},
		"d11-video":           {"Retour à l’agenda", "12\u00a0min 05\u00a0s\nMode\nVidéo", "Retour à l’agenda"},
		"d11-lost":            {"Retour à l’agenda|Rouvrir la salle", "Audio seul", "Retour à l’agenda"},
		"d12-settings":        {"*Mes appareils|Tester le réseau|Se déconnecter", "Taille du texte", ""},
		"f1-help":             {"Sécurité et chiffrement|Tester le réseau|Fermer", "version 1.0.0", "Fermer"},
	}
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			w, ok := want[sc.name]
			if !ok {
				t.Fatal("not in the table")
			}
			d := newDesk(t, 1280, 800)
			d.play(sc, call.Settings{Language: "fr", TextScale: 1})
			var labels, primaries []string
			for _, b := range d.buttons() {
				label := b.Label()
				if b.Disabled() {
					label = "-" + label
				} else if b.Kind() == kit.Primary {
					primaries = append(primaries, b.Label())
				}
				labels = append(labels, label)
			}
			buttons := w.buttons
			if rest, ok := strings.CutPrefix(buttons, "*"); ok {
				buttons = "Aujourd’hui|Appareils|Réglages|Aide|" + rest
			}
			if got := strings.Join(labels, "|"); got != buttons {
				t.Errorf("buttons\n got %s\nwant %s", got, buttons)
			}
			if !strings.Contains(d.text(), w.says) {
				t.Errorf("%q is not said in\n%s", w.says, d.text())
			}
			if strings.Join(primaries, "|") != w.primary {
				t.Errorf("primary actions %q, want %q", primaries, w.primary)
			}
			if key := strings.Index(d.text(), "desktop."); key >= 0 {
				t.Errorf("a key is shown: %.60s", d.text()[key:])
			}
		})
	}
}

func expect(t *testing.T, got []call.Event, want ...call.Event) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("events\n got %#v\nwant %#v", got, want)
	}
}

// What each button emits.
func TestButtons(t *testing.T) {
	two := inCall(call.Waiting, somebody("p1", "Camille Moreau", time.Minute), somebody("p2", "Nora Petit", time.Hour))
	over := inCall(call.Talking)
	over.Call.Phase, over.Call.Reason = call.Ended, wire.ReasonLost
	silent := inCall(call.Talking, admitted("Camille Moreau"))
	silent.Call.Audio, silent.Call.Video = false, false
	for _, c := range []struct {
		name, press string
		state       call.State
		want        []call.Event
	}{
		{"admit from the day", "Faire entrer", fullDay(), []call.Event{call.LetIn{Appointment: "camille", Peer: "p1"}}},
		{"open a room", "Ouvrir la salle", fullDay(), []call.Event{call.OpenRoom{Appointment: "marc"}}},
		{"admit who came first", "Faire entrer", two, []call.Event{call.LetIn{Appointment: "camille", Peer: "p2"}}},
		{"back to the day keeps them waiting", "Retour à l’agenda", two, []call.Event{call.Leave{Stay: true}}},
		{"mute", "Micro", inCall(call.Talking, admitted("A")), []call.Event{call.SetAudio{On: false}}},
		{"unmute", "Micro coupé", silent, []call.Event{call.SetAudio{On: true}}},
		{"camera off", "Caméra", inCall(call.Talking, admitted("A")), []call.Event{call.SetVideo{On: false}}},
		{"camera on", "Caméra coupée", silent, []call.Event{call.SetVideo{On: true}}},
		{"leave", "Quitter", inCall(call.Talking, admitted("A")), []call.Event{call.Leave{}}},
		{"admit from the call", "Faire entrer", inCall(call.Talking, admitted("A"), somebody("p2", "Nora", 0)), []call.Event{call.LetIn{Appointment: "camille", Peer: "p2"}}},
		{"close the end", "Retour à l’agenda", over, []call.Event{call.CloseEnd{}}},
		{"open again", "Rouvrir la salle", over, []call.Event{call.CloseEnd{}, call.OpenRoom{Appointment: "camille"}}},
		{"devices", "Appareils", signedIn(), []call.Event{call.Preview{On: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, 1280, 800)
			d.Show(c.state)
			test.Tap(d.button(c.press))
			expect(t, d.take(), c.want...)
		})
	}
}

// A patient waits, the clinician presses once: in the call. That is the click budget.
func TestOneClickToAdmit(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	test.Tap(d.button("Faire entrer"))
	d.Show(inCall(call.Connecting, admitted("Camille Moreau")))
	if d.at != atCall {
		t.Errorf("at %s", d.at)
	}
}

// Somebody who comes is announced once, whatever happens to the list meanwhile.
func TestArrivalsAreAnnouncedOnce(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(signedIn())
	d.Show(fullDay())
	again := fullDay()
	again.Agenda.Appointments[3].People[0].Ready = false
	d.Show(again)
	again = fullDay()
	again.Agenda.Online = false
	d.Show(again)
	d.Show(fullDay())
	if len(d.notified) != 1 || d.chimes != 1 || len(d.titles) != 2 {
		t.Errorf("notified %q, %d chimes, titles %q", d.notified, d.chimes, d.titles)
	}
	if strings.Contains(d.notified[0], "Camille") {
		t.Error("a notification names the patient")
	}
	two := fullDay()
	two.Agenda.Appointments[4].People = []wire.Person{somebody("p9", "Marc", 0)}
	d.Show(two)
	if len(d.notified) != 2 || d.titles[len(d.titles)-1] != "(2) 2 patients attendent — e-KerMed" {
		t.Errorf("notified %q, titles %q", d.notified, d.titles)
	}
	d.Show(inCall(call.Talking, admitted("Camille Moreau")))
	d.Show(inCall(call.Talking, admitted("Camille Moreau"), somebody("p3", "Hugo", 0)))
	if len(d.notified) != 3 {
		t.Errorf("at the door of the call: %q", d.notified)
	}
}

// Showing the same state again, or a like one, draws nothing and keeps the keyboard.
func TestShowIsCheapAndKeepsFocus(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	rows := d.screen.(*shell).pane.(*today).rows["marc"]
	d.window.Canvas().Focus(rows.enter)
	asked := d.frames.asked
	d.Show(fullDay())
	if d.frames.asked != asked {
		t.Error("an equal state was drawn")
	}
	more := fullDay()
	more.Agenda.Appointments = append(more.Agenda.Appointments, appointment("zoe", "Zoé", 5*time.Hour))
	d.Show(more)
	if d.window.Canvas().Focused() != rows.enter {
		t.Error("the keyboard has moved")
	}
}

// The clock of the list goes on without a new state.
func TestMinutesGoOn(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.clock = d.clock.Add(20 * time.Minute)
	d.tick()
	if !strings.Contains(d.text(), "Attend depuis 32\u00a0min") {
		t.Errorf("after 20 minutes:\n%s", d.text())
	}
	// The server's clock counts, not ours.
	skewed := fullDay()
	skewed.Agenda.Skew = -20 * time.Minute
	d.Show(skewed)
	if !strings.Contains(d.text(), "Attend depuis 12\u00a0min") {
		t.Errorf("with a skewed clock:\n%s", d.text())
	}
}

// The bar steps back from a resting pointer and never from the keyboard.
func TestBarStepsBack(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, admitted("Camille Moreau")))
	s := d.screen.(*callScreen)
	wait := func() { d.clock = d.clock.Add(5 * time.Second); d.tick() }
	s.pointed()
	wait()
	if s.bar.root.Visible() {
		t.Error("the bar stays after 5 s without movement")
	}
	s.pointed()
	if !s.bar.root.Visible() {
		t.Error("the bar does not come back")
	}
	d.ctrl(fyne.KeyD)
	wait()
	wait()
	if !s.bar.root.Visible() {
		t.Error("the bar steps back from the keyboard")
	}
	s.pointed()
	d.tab(1)
	wait()
	if !s.bar.root.Visible() {
		t.Error("the bar takes the focused button away")
	}
	d.window.Canvas().Unfocus()
	s.bar.leave.MouseIn(nil)
	wait()
	if !s.bar.root.Visible() {
		t.Error("the bar goes from under the pointer")
	}
}

func TestPreviewOpensAndCloses(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(signedIn())
	d.visit(atDevices)
	open := signedIn()
	open.Devices.Open = true
	d.Show(open)
	d.tick()
	if !d.screen.(*shell).pane.(*devices).view.Shown() == (d.frames.pictures[""] != nil) {
		t.Error("the picture does not follow")
	}
	d.key(fyne.KeyEscape)
	expect(t, d.take(), call.Preview{On: true}, call.Preview{On: false})
	if d.at != atToday {
		t.Errorf("Escape leads to %s", d.at)
	}
}

func TestChooseDevice(t *testing.T) {
	d := newDesk(t, 1280, 800)
	s := signedIn()
	s.Devices.Chosen.Microphone = "m2"
	d.Show(s)
	d.visit(atDevices)
	d.take()
	p := d.screen.(*shell).pane.(*devices).pickers
	if p.microphone.picker.Selected != "Casque Jabra Evolve 65" {
		t.Errorf("chosen is %q", p.microphone.picker.Selected)
	}
	p.camera.picker.SetSelected("Logitech C920")
	expect(t, d.take(), call.Choose{Choice: call.Choice{Camera: "c2", Microphone: "m2"}})
}

func TestSettingsKeepTheKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(signedIn())
	d.ctrl(fyne.KeyComma)
	d.tab(2)
	d.key(fyne.KeyRight)
	expect(t, d.take(), call.SetSettings{Settings: call.Settings{TextScale: 1.25}})
	s := signedIn()
	s.Settings.TextScale = 1.25
	d.Show(s)
	if !strings.HasPrefix(d.focusedOn(), "Taille du texte") {
		t.Errorf("after the change the keyboard is at %q", d.focusedOn())
	}
	d.key(fyne.KeyRight)
	expect(t, d.take(), call.SetSettings{Settings: call.Settings{TextScale: 1.5}})
}

func TestSettingsInACallStayOpen(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, admitted("A")))
	d.ctrl(fyne.KeyComma)
	s := inCall(call.Talking, admitted("A"))
	s.Settings.Theme, s.Settings.Language = "dark", "en"
	d.Show(s)
	if d.dialog == nil || !strings.Contains(d.text(), "Text size") {
		t.Errorf("after a change of language:\n%s", d.text())
	}
	d.key(fyne.KeyEscape)
	if d.dialog != nil {
		t.Error("Escape does not close")
	}
	expect(t, d.take())
}

// Run posts one tick at a time, however slow the UI thread is, and ends with its
// context.
func TestRunDropsLateTicks(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, admitted("A")))
	posted := make(chan func(), 100)
	d.o.Post = func(f func()) { posted <- f }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	first := <-posted
	time.Sleep(4 * framePace)
	if len(posted) != 0 {
		t.Errorf("%d more ticks while one was in flight", len(posted))
	}
	first()
	(<-posted)()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

// Long and hostile names, large text and a small window: everything stays inside the
// window, and the primary action can be reached.
func TestEverythingFits(t *testing.T) {
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			d := newDesk(t, 900, 600)
			long := "\u202eMaximilienne-Alexandrine " + strings.Repeat("de la Tour d’Auvergne ", 6)
			for i := range sc.state.Call.People {
				sc.state.Call.People[i].Name = long
			}
			for i := range sc.state.Agenda.Appointments {
				sc.state.Agenda.Appointments[i].PatientName = long
			}
			d.play(sc, call.Settings{Language: "fr", TextScale: 2})
			if size := d.window.Canvas().Size(); size.Width > 900 || size.Height > 600 {
				t.Errorf("the window grew to %v", size)
			}
			driver := fyne.CurrentApp().Driver()
			for _, b := range d.buttons() {
				at := driver.AbsolutePositionForObject(b)
				if at.X < 0 || at.X+b.Size().Width > 901 {
					t.Errorf("%q reaches from %.0f to %.0f", b.Label(), at.X, at.X+b.Size().Width)
				}
				if b.Size().Height < 40 {
					t.Errorf("%q is %.0f high", b.Label(), b.Size().Height)
				}
			}
			if strings.ContainsRune(d.text(), '\u202e') {
				t.Error("a direction character is shown")
			}
		})
	}
}
