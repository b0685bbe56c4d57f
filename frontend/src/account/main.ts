/** Keys on the account's pages: a form with data-passkey asks the browser before it is sent. */
import { type CreationOptions, create, prove, type RequestOptions } from "./passkey.ts";

function optionsOnPage<T>(name: string): T {
  const text = document.querySelector("#passkey-options")?.textContent ?? "";
  return (JSON.parse(text) as Record<string, T>)[name] as T;
}

/** A sign-in names nobody beforehand, so its challenge is asked for when it is wanted. */
async function optionsOf(form: HTMLFormElement): Promise<RequestOptions> {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return ((await answer.json()) as { request_options: RequestOptions }).request_options;
}

async function answerOf(form: HTMLFormElement): Promise<string> {
  switch (form.dataset.passkey) {
    case "add": {
      const alone = form.querySelector<HTMLInputElement>("[name=passwordless]")?.checked ?? false;
      return create(optionsOnPage<CreationOptions>("creation_options"), alone);
    }
    case "use":
      return prove(optionsOnPage<RequestOptions>("request_options"));
    default:
      return prove(await optionsOf(form));
  }
}

function bind(form: HTMLFormElement): void {
  const credential = form.querySelector<HTMLInputElement>("[name=credential]");
  const sorry = form.querySelector<HTMLElement>("[data-passkey-error]");
  if (!credential) return;
  form.hidden = false;
  credential.value = ""; // a page that says an answer was wrong carries it still
  form.addEventListener("submit", (event) => {
    if (credential.value) return;
    event.preventDefault();
    if (sorry) sorry.hidden = true;
    answerOf(form).then(
      (answer) => {
        credential.value = answer;
        form.requestSubmit();
      },
      () => {
        // Given up, timed out, or a key that is known already: the browser has said which.
        if (!sorry) return;
        sorry.textContent = sorry.dataset.passkeyError ?? "";
        sorry.hidden = false;
      },
    );
  });
}

const forms = document.querySelectorAll<HTMLFormElement>("[data-passkey]");
if (window.isSecureContext && "PublicKeyCredential" in window) {
  forms.forEach(bind);
} else {
  for (const note of document.querySelectorAll<HTMLElement>("[data-passkey-none]")) note.hidden = false;
}
