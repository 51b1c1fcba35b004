/**
 * Make an element: properties, then children. `class`, `data-*`, `aria-*` and `role` become
 * attributes; `on…` become listeners.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (/^(class|role|for|lang)$|^(data|aria)-/.test(name)) node.setAttribute(name, value);
    else /** @type {any} */ (node)[name] = value;
  }
  node.append(...children);
  return node;
}

/** The element with this id; its absence is a mistake of ours. @returns {any} */
export function byId(/** @type {string} */ id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
}
