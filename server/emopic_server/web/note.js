/**
 * A picture of writing, dropped on the composer, pasted into it or chosen: it is read, and what it
 * says is put into the field. It is a line only when the user sends it.
 *
 * @param {{form: HTMLElement, button: HTMLElement, file: HTMLInputElement}} parts
 * @param {(picture: Blob) => Promise<void>} read
 */
export function takeNotes({ form, button, file }, read) {
  let busy = false;
  const take = async (/** @type {Blob | null | undefined} */ picture) => {
    if (!picture || busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      await read(picture);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  };
  button.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    void take(file.files?.[0]);
    file.value = ""; // choosing the same file again is a change, too
  });
  form.addEventListener("paste", (event) => {
    const picture = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (!picture) return;
    event.preventDefault();
    void take(picture);
  });
  for (const [type, over] of /** @type {[keyof HTMLElementEventMap, boolean][]} */ ([
    ["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false],
  ])) {
    form.addEventListener(type, (event) => {
      const carried = /** @type {DragEvent} */ (event).dataTransfer;
      if (!carried?.types.includes("Files")) return; // text that is dragged is text
      event.preventDefault();
      form.classList.toggle("dropping", over);
      if (type === "drop") void take([...carried.files].find(isPicture));
    });
  }
}

const isPicture = (/** @type {File} */ file) => file.type.startsWith("image/");
