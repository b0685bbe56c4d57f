"""The field app's sentences; the page carries them in every language, so that it changes without network."""

from __future__ import annotations

from django.utils.translation import gettext as _


def field_texts() -> dict[str, str]:
    """Key → text in the active language. `{name}` marks what the script fills in."""
    return {
        "places": _("Places of the app"),
        "back": _("Back"),
        "round": _("Round"),
        "map": _("Map"),
        "outbox": _("Outbox"),
        "phone": _("Phone"),
        "toSend": _("To send: {n}"),
        "allSent": _("All sent"),
        "toSee": _("To read: {n}"),
        "offline": _("no network"),
        "notSentCall": _("NOT SENT: a danger is only on this phone. Call the duty number."),
        "notSent": _(
            "NOT SENT: a danger is only on this phone. Call your crew lead or the emergency "
            "services."
        ),
        "notTakenCall": _(
            "NOT TAKEN: a danger has reached nobody who acts on it. Call the duty number."
        ),
        "notTaken": _(
            "NOT TAKEN: a danger has reached nobody who acts on it. Call your crew lead or the "
            "emergency services."
        ),
        "signIn": _("Sign in"),
        "signInToSend": _("Sign in to send. Captures kept on this phone: {n}."),
        "signInFirst": _("Sign in once, with network, to receive your sectors."),
        "signInOther": _("Sign in, or with another account"),
        "revoked": _(
            "This phone is no longer allowed to send. All it holds is kept: export it and give "
            "the file to a lead."
        ),
        "forbidden": _(
            "This account has no field work. What was captured is kept: sign in with a crew’s "
            "account."
        ),
        "clockAhead": _("This phone’s clock is {gap} ahead. Captures are set right by the server."),
        "clockBehind": _(
            "This phone’s clock is {gap} behind. Captures are set right by the server."
        ),
        "newVersion": _("A new version of the app is ready. What is captured stays."),
        "takeNewVersion": _("Take it now"),
        "openedElsewhere": _(
            "A newer version of this app was opened in another tab. Nothing is lost: reload this "
            "one."
        ),
        "olderApp": _(
            "This phone already holds a newer version of the app. Nothing is lost: reload with "
            "network."
        ),
        "reload": _("Reload"),
        "retry": _("Try again"),
        "noStorage": _(
            "This browser keeps nothing here (private window, or storage switched off): captures "
            "would be lost. Open the app in an ordinary window before you start."
        ),
        "storageFull": _(
            "NOT SAVED: the phone’s storage is full. Nothing was half written. Free some room, or"
            " send what waits, then save again."
        ),
        "notSaved": _("NOT SAVED: {why}. What you filled in is still here."),
        "saved": _("{what}: saved on this phone. {where}"),
        "packComing": _("Your sectors are on their way…"),
        "packNever": _(
            "This phone holds no sectors yet. Sign in once with network; after that the app works"
            " without."
        ),
        "roundProgress": _("{done} of {all} done"),
        "doneStops": _("Done: {n}"),
        "nextStop": _("Next stop"),
        "nextRound": _("No round today. The next one is on {day}."),
        "noRound": _("No round today."),
        "litres": _("{n} L"),
        "metres": _("{n} m"),
        "tree": _("tree"),
        "site": _("Site"),
        "toPlant": _("To plant: {n}"),
        "findSite": _("Find a place: street or number"),
        "near": _("Near me"),
        "noSite": _("Nothing found."),
        "noSuchSite": _("This place is not on the phone: refresh the data with network."),
        "plant": _("Plant a tree"),
        "water": _("Water the tree"),
        "check": _("Survival check"),
        "problem": _("Report a problem"),
        "proposeSite": _("Propose a place"),
        "newSite": _("New place"),
        "otherTasks": _("Other work here"),
        "history": _("History"),
        "noHistory": _("Nothing is known yet."),
        "plantedHere": _("A planting is logged here."),
        "plantedOn": _("planted on {day}"),
        "lotIs": _("lot {lot}"),
        "until": _("until {day}"),
        "did.plant": _("Planting"),
        "did.water": _("Watering"),
        "did.not_watered": _("Not done"),
        "did.check": _("Survival check"),
        "did.problem": _("Problem"),
        "did.propose": _("Place proposed"),
        "did.task": _("Work done"),
        "stage.saved": _("saved, position being refined"),
        "stage.ready": _("waits to be sent"),
        "stage.failing": _("not sent yet, tried again soon"),
        "stage.photos": _("received; photos under way"),
        "outcome.applied": _("received"),
        "outcome.merged": _("received and merged"),
        "outcome.duplicate": _("received"),
        "outcome.conflict": _("kept for a lead, who decides"),
        "outcome.rejected": _("refused by the server"),
        "outcome.waiting": _("received, waits for an earlier one"),
        "sendNow": _("Send now"),
        "toRead": _("To read"),
        "seen": _("I have read it"),
        "waitingToGo": _("On this phone: {n}"),
        "andMore": _("and {n} more"),
        "nothingWaits": _("Nothing waits."),
        "received": _("Received by the server: {n}"),
        "number": _("no. {n}"),
        "photosOn": _("photos: {n}"),
        "photosIn": _("photos received: {n}"),
        "photoRefused": _("Photo refused: {why}"),
        "balance": _("Today’s balance"),
        "capturedToday": _("captured today"),
        "acknowledged": _("acknowledged"),
        "pending": _("pending"),
        "serverAgrees": _(
            "The server has {n} captures and {photos} photos of this phone; none is missing."
        ),
        "serverLacks": _(
            "The server lacks numbers {numbers}, which this phone was told had arrived: export, "
            "and tell a lead."
        ),
        "storage": _("Storage"),
        "storageKept": _("kept: the browser may not clear it"),
        "storageNotKept": _("not protected yet"),
        "storageAdvice": _(
            "Install the app on the home screen: the browser then keeps its data for good. Send "
            "each evening."
        ),
        "room": _("Room"),
        "roomLeft": _("{mb} MB free"),
        "battery": _("Battery"),
        "packOf": _("Data of"),
        "packHolds": _("On the phone"),
        "packCounts": _("{sites} places, {trees} trees"),
        "none": _("no data yet"),
        "nobody": _("nobody"),
        "signedInAs": _("Signed in"),
        "deviceIs": _("This phone"),
        "language": _("Language"),
        "refreshPack": _("Refresh the data"),
        "emergency": _("Emergency"),
        "emergencyWhy": _(
            "If sending fails for good: a file with everything that is not sent, for a lead."
        ),
        "export": _("Export what is not sent"),
        "exporting": _("Writing the file…"),
        "exported": _("{events} captures, {photos} photos: {name}. They stay on the phone too."),
        "exportFailed": _("The file could not be written: {why}"),
        "privacy": _(
            "Your position is read only while a capture’s form is open, and up to 20 seconds "
            "after. It is kept with the capture and nowhere else."
        ),
        "takePhoto": _("Take a photo"),
        "photo": _("Photo {n}"),
        "removePhoto": _("Remove photo {n}"),
        "resumed": _("What you had begun here is back."),
        "startAnew": _("Start anew"),
        "less": _("Less"),
        "more": _("More"),
        "note": _("Note"),
        "savePlanting": _("Save the planting"),
        "chooseSpecies": _("Choose the species first."),
        "noPlaceYet": _("No position yet: put the mark on the map."),
        "notReady": _(
            "This place is not marked ready: the server will refuse the planting unless a lead "
            "gives a reason."
        ),
        "notReadyLead": _("This place is not marked ready: planting here needs your reason."),
        "override": _("Reason (kept with the planting)"),
        "sayOverride": _("Give the reason for planting here."),
        "species": _("Species"),
        "noSpecies": _("no species chosen"),
        "findSpecies": _("Find by a few letters"),
        "noMatch": _("No species sounds like that."),
        "size": _("Size (girth, cm)"),
        "stake": _("Stake"),
        "stake.single": _("single"),
        "stake.double": _("double"),
        "stake.triple": _("tripod"),
        "stake.anchor": _("root anchor"),
        "stake.none": _("no stake"),
        "lot": _("Lot"),
        "nursery": _("Nursery"),
        "position": _("Position"),
        "placeOnMap": _("Position on a map: drag the mark or tap"),
        "locating": _("Looking for the position…"),
        "noPosition": _("The phone gives no position."),
        "positionDenied": _(
            "The position is not allowed: allow it in the browser, or use the map."
        ),
        "fix": _("Phone: ± {m} m (samples: {n})."),
        "atPlan": _("At the planned place."),
        "farFromPlan": _("The phone is {m} m from the planned place: is it the right one?"),
        "byHand": _("Placed by hand."),
        "usePlan": _("Planned place"),
        "usePhone": _("Phone’s position"),
        "saveWater": _("Save the watering"),
        "sayLitres": _("Say how many litres."),
        "litresGiven": _("Litres given"),
        "notWatered": _("Not watered…"),
        "saveDone": _("Save as done"),
        "saveNotDone": _("Save as not done"),
        "notDone": _("Not done…"),
        "why": _("Why not"),
        "sayWhy": _("Say why it was not done."),
        "sayRain": _("Say how many millimetres of rain were counted."),
        "sayOrder": _("Name the drought order."),
        "rainMm": _("Rain counted, mm"),
        "orderReference": _("Drought order"),
        "saveCheck": _("Save the check"),
        "found": _("What do you find?"),
        "sayFound": _("Say what you find."),
        "stillThere": _("Is it still there?"),
        "deadStands": _("it stands"),
        "nothingThere": _("nothing is there"),
        "cause": _("Cause (vehicle, vandalism, works…)"),
        "saveProblem": _("Save the report"),
        "whatIsIt": _("What is it?"),
        "sayWhat": _("Say what it is."),
        "what.damage": _("damage"),
        "what.disease": _("disease, pest"),
        "what.vandalism": _("vandalism"),
        "what.danger": _("DANGER"),
        "what.other": _("other"),
        "severity": _("How serious?"),
        "severity.1": _("slight"),
        "severity.2": _("moderate"),
        "severity.3": _("serious"),
        "severity.4": _("dangerous"),
        "dangerCall": _(
            "Danger for people: make the place safe and call the duty number. This report does "
            "not replace the call."
        ),
        "dangerTell": _(
            "Danger for people: make the place safe and tell your crew lead or the emergency "
            "services now."
        ),
        "saveProposal": _("Save the proposal"),
        "siteKind": _("Kind of place"),
        "siteNote": _("Why here, what stands in the way?"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
    }
