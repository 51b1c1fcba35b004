// Hair locks, cloth and metal; compiled once more for glass, and for each PASS (see head.frag).

uniform float seed;

in vec3 v_normal;
in vec3 v_place;
in vec3 v_paint;
in vec2 v_texture;
in float v_stuff;
in float v_tag;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 kind;

const int HAIR_LOCK = 1, SHINY = 2;

Surface lock() {
    float across = v_texture.x, along = v_texture.y;
    float wide = noise(vec3(across * 2.5 + v_tag * 90.0, along * 2.0, seed));
    float fine = noise(vec3(across * 9.0 + v_tag * 70.0, along * 3.0, seed + 9.0));
    float strands = mix(1.0, 0.52 + 0.4 * wide + 0.36 * fine, detail);
    float roots = mix(1.0, 0.75 + 0.25 * smoothstep(0.0, 0.5, along), 0.4 + 0.6 * detail);
    return Surface(v_paint * strands * roots, 0.4, 12.0, 1.0, 0.35, vec3(0.0));
}

Surface cloth() {
    float weave = noise(v_place * 30.0) - 0.5;
    return Surface(v_paint * (1.0 + 0.16 * weave * detail), 0.04, 8.0, 1.0, 0.3, vec3(0.0));
}

void glass(vec3 n, vec3 to_camera) {
    vec2 p = v_texture;
    float streak = smoothstep(0.06, 0.0, abs(fract((v_place.x + v_place.y) * 1.3 + seed) - 0.5) - 0.05);
    float strength = max(0.10, 1.0 - v_paint.g * 1.05);
    float mirror = style == FLAT ? 0.08 : 0.22;
    colour = vec4(mix(v_paint, vec3(1.0), streak), mix(strength * 0.8, mirror + strength * 0.5, streak));
    kind = vec4(0.0);
}

void main() {
#if PASS == 0
    int stuff = int(v_stuff + 0.5);
    vec3 to_camera = normalize(camera - v_place);
    vec3 n = normalize(v_normal);
    if (dot(n, to_camera) < 0.0) n = -n;
#if GLASS
    glass(n, to_camera);
#else
    Surface s = cloth();
    if (stuff == HAIR_LOCK) s = lock();
    if (stuff == SHINY) s = Surface(v_paint, 0.7, 30.0, 1.0, 0.2, vec3(0.0));
    colour = finished(lit(s, n, to_camera, lamp(v_place + n * 0.03)));
    kind = vec4((20.0 + v_stuff) / 255.0, v_tag, (v_place.z + 2.0) / 4.0, 1.0);
#endif
#else
    kind = vec4(0.0);
    colour = vec4(0.0, 0.0, v_place.z, v_place.z);  // what is fixed to the skull does not flow
#endif
}
