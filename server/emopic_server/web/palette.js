/** Colours of emotions. The page never relies on colour alone: every emotion also shows its name. */

const KNOWN = /** @type {Record<string, string>} */ ({
  joy: "#ffb83d",
  anger: "#ff5d5d",
  anxiety: "#a98bff",
  neutral: "#9aa7bd",
  sadness: "#4f9dff",
  surprise: "#2fd6bd",
  disgust: "#9ccc4a",
  embarrassment: "#ff8fc0",
  fear: "#8d7dff",
  hurt: "#d48aa6",
});
const OTHERS = ["#f2a36b", "#6fd0e8", "#c9d05b", "#e58be0", "#7fd69a", "#d8a0ff"];

/** The colour of the emotion with this id at this place of the label set. */
export function colourOf(/** @type {string} */ id, /** @type {number} */ index) {
  return KNOWN[id] ?? OTHERS[index % OTHERS.length];
}

/**
 * An emotion's name in the present language first, then in the other one.
 *
 * @param {{id: string, ko: string}} emotion
 * @param {"ko" | "en"} language
 */
export function namesOf(emotion, language) {
  const english = emotion.id.charAt(0).toUpperCase() + emotion.id.slice(1);
  return language === "ko" ? [emotion.ko, english] : [english, emotion.ko];
}

const BACKENDS = /** @type {Record<string, string>} */ ({
  openvino: "OpenVINO", torch: "PyTorch", tensorrt: "TensorRT", cuda: "CUDA",
});

/** What runs, as people write it; a name nobody knows stays as the server says it. */
export function backendName(/** @type {string} */ id) {
  return BACKENDS[id] ?? id;
}
