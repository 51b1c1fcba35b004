// Skin, eyes, mouth and hair of one head. Lengths are decimetres of the rest pose, which is the
// same for every person, so that features drawn here follow the mesh as it moves.
// Compiled for each LAYER (skin, what lies inside it, hair) and PASS: a software rasteriser runs all
// branches of a shader, and only hair discards fragments, which turns early depth tests off.

uniform sampler2D masks;   // lips, eyelids, inside of the mouth, ears
uniform int shell_kind;    // 0 hair, 1 beard
uniform float shell;

uniform vec3 skin, hair, brow, iris, lip, shirt;
uniform vec3 eye_centre;
uniform mat3 turn_back;    // from the turned head to the resting one
uniform vec4 brow_shape;   // half thickness, up, arch, opacity
uniform float beard, lashes, blush, freckles, seed, scalp_hair, curls;
uniform float strands, parting, hair_end;
uniform float iris_size, drawn_eyes;
uniform vec2 gaze;
uniform vec3 wrinkle;      // between the brows, on the forehead, beside the nose
uniform vec4 eye_shadow;   // colour and strength
uniform float liner;
uniform int mark;          // see dress.Mark
uniform vec3 mark_colour, mark_place;

in vec3 v_normal;
in vec2 v_texture;
in vec3 v_rest;
in float v_part;
in float v_open;
in float v_over;
in vec3 v_place;
in vec3 v_other;
in vec3 v_flow;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 kind;  // what it is, which, how deep: lines are drawn where these change

#define IN_SKIN 0
#define INSIDE 1
#define IN_HAIR 2
#define COLOUR 0
#define FLOW 1
#define DEPTH 2
const int SKIN = 0, EYE_LEFT = 1, EYE_RIGHT = 2, TEETH = 3, TONGUE = 4, LASH = 5, LOWER_TEETH = 7;
const float KIND_SKIN = 1.0, KIND_EYE = 3.0, KIND_MOUTH = 4.0, KIND_HAIR = 5.0, KIND_SHIRT = 6.0;

float bell(float x, float width) { return exp(-(x * x) / (width * width)); }

vec3 hair_strands(float coarse) {
    float around = atan(v_rest.x, v_rest.z - 0.4);
    float wide = noise(vec3(around * coarse, v_rest.y * 1.6, seed));
    float fine = noise(vec3(around * 90.0, v_rest.y * 2.5, seed + 9.0));
    vec3 strand = hair * (0.52 + 0.36 * wide + 0.34 * fine);
    if (curls > 0.0) {
        float coils = noise(v_rest * 26.0 + seed) * 0.6 + noise(v_rest * 52.0) * 0.4;
        strand = mix(strand, hair * (0.3 + 1.1 * coils), curls);
    }
    return mix(hair * 0.9, strand, 0.25 + 0.75 * detail);
}

// ---- skin -------------------------------------------------------------------------------------

float wrinkles(float ax, float y, float z) {
    float furrow = bell(ax - 0.085 + 0.06 * (y - 7.45), 0.02)
        * smoothstep(7.3, 7.38, y) * smoothstep(7.68, 7.52, y) * step(1.2, z);
    float forehead = 0.0;
    for (int i = 0; i < 3; i++) {
        float line = 7.72 + 0.085 * float(i) + 0.03 * cos(v_rest.x * 5.0 + seed)
            + 0.012 * sin(v_rest.x * 13.0 + seed * float(i + 1));
        forehead += bell(y - line, 0.018);
    }
    forehead *= smoothstep(0.45, 0.2, ax) * step(1.0, z);
    float down = clamp((7.0 - y) / 0.42, 0.0, 1.0);
    float fold = bell(ax - 0.19 - 0.19 * pow(down, 0.8), 0.035) * step(6.62, y) * step(y, 6.99)
        * step(1.1, z) * smoothstep(0.0, 0.15, down) * smoothstep(1.0, 0.7, down);
    return clamp(furrow * wrinkle.x + forehead * wrinkle.y + fold * wrinkle.z, 0.0, 1.0);
}

float brow_cover(float ax, float y, float z, out float hairs) {
    float t = (ax - 0.10) / 0.50;
    float along = clamp(t, 0.0, 1.0);
    float middle = 7.475 + brow_shape.y + brow_shape.z * sin(along * 2.6) - 0.06 * along * along * along;
    float half_width = brow_shape.x * smoothstep(-0.06, 0.12, t) * (1.0 - 0.75 * smoothstep(0.45, 1.05, t));
    hairs = noise(vec3(ax * 70.0 - y * 50.0, y * 30.0 + ax * 30.0, seed));
    float away = abs(y - middle) / max(half_width, 0.001) + (hairs - 0.5) * 0.5 * detail;
    return smoothstep(1.2, 0.65, away) * step(-0.06, t) * step(t, 1.03) * step(0.9, z) * brow_shape.w;
}

// Make-up and marks; where comics blush, lines fade out.
vec3 made_up(vec3 base, float ax, float y, float lid) {
    vec2 socket = vec2(ax - eye_centre.x - 0.02, (y - eye_centre.y - 0.07) * 1.5);
    base = mix(base, eye_shadow.rgb * (0.4 + 0.6 * skin), eye_shadow.a * exp(-dot(socket, socket) / 0.022) * smoothstep(-0.04, 0.03, y - eye_centre.y) * 0.85);
    base = mix(base, vec3(0.06, 0.04, 0.05), liner * smoothstep(0.5, 0.95, lid) * 0.6);
    if (mark == 0 || v_rest.z < 0.7) return base;
    vec2 p = vec2(mark == 1 || mark == 4 ? v_rest.x : ax, y) - mark_place.xy;
    float cover = 0.0;
    if (mark == 1) cover = smoothstep(1.2, 0.8, length(p) / mark_place.z);
    if (mark == 2) cover = smoothstep(0.13, 0.11, abs(p.x)) * smoothstep(1.1, 0.9, abs(abs(p.y + p.x * 0.25) - 1.8 * mark_place.z) / mark_place.z);
    if (mark == 3) cover = 0.55 * smoothstep(1.05, 0.7, length(p * vec2(1.0, 2.0)) / mark_place.z);
    if (mark == 4) cover = 0.7 * smoothstep(1.4, 0.6, abs(p.x - p.y * 0.5) / mark_place.z) * smoothstep(0.16, 0.13, abs(p.y));
    return mix(base, mark_colour * (0.35 + 0.65 * skin), cover);
}

// Without soft light a nose needs a shade below it and a shut mouth a line.
vec3 drawn_features(vec3 base, float ax, float y, float z, float lips) {
    float under = smoothstep(6.91, 6.87, y) * smoothstep(6.79, 6.84, y) * smoothstep(0.14, 0.08, ax) * step(1.42, z);
    base *= mix(vec3(1.0), shade * 0.92, under);
    return base * (1.0 - 0.7 * bell(y - 6.608, 0.011) * lips);
}

float collar_cover() {
    float ax = abs(v_rest.x);
    return smoothstep(5.80, 5.76, v_rest.y - 0.20 * smoothstep(0.2, 0.55, ax) + 0.10 * smoothstep(0.3, 0.9, v_rest.z));
}

Surface skin_surface(vec4 mask) {
    float ax = abs(v_rest.x), y = v_rest.y, z = v_rest.z;
    Surface s = Surface(skin, 0.12, 24.0, v_open, 0.35, vec3(0.12, 0.03, 0.02));
    float freckle = 0.0;
    float mottle = noise(v_rest * 9.0 + seed) * 0.5 + noise(v_rest * 22.0 + seed) * 0.3 + noise(v_rest * 60.0) * 0.2;
    s.base *= 1.0 + (0.12 * mottle - 0.06) * detail;
    vec2 cheek = vec2(ax - 0.45, y - 6.95);
    s.base = mix(s.base, s.base * vec3(1.06, 0.78, 0.76), blush * exp(-dot(cheek, cheek) / 0.05) * step(0.7, z));
    vec2 nose = vec2(v_rest.x, y - 6.95);
    s.base = mix(s.base, s.base * vec3(1.04, 0.86, 0.84), 0.45 * exp(-dot(nose, nose) / 0.012) * step(1.4, z));
    if (freckles > 0.0 && z > 0.9) freckle = smoothstep(0.72, 0.8, noise(v_rest * 38.0 + seed)) * bell(y - 7.02, 0.16);
    s.base = mix(s.base, s.base * vec3(0.72, 0.55, 0.45), freckle * freckles);
    s.base = mix(s.base, s.base * vec3(0.86, 0.70, 0.68), mask.g * 0.55);
    vec2 socket = vec2(ax - eye_centre.x, (y - eye_centre.y) * 1.3);
    s.base *= 1.0 - 0.10 * exp(-dot(socket, socket) / 0.03);

    if (mask.r > 0.0) {
        float lines = 1.0 + (0.16 * noise(vec3(v_rest.x * 60.0, y * 8.0, seed)) - 0.08) * detail;
        s.base = mix(s.base, lip * lines, mask.r);
    }
    s.shine = mix(s.shine, 0.35, mask.r);
    s.gloss = mix(s.gloss, 40.0, mask.r);
    s.base = mix(s.base, vec3(0.30, 0.07, 0.07), style == SOFT ? mask.b : smoothstep(0.06, 0.35, mask.b));

    if (style != SOFT) s.base = drawn_features(s.base, ax, y, z, mask.r);
    float stubble = beard_cover(v_rest) * beard * 0.8 * (1.0 - mask.r);
    if (stubble > 0.0) s.base = mix(s.base, mix(hair * 0.7, s.base, 0.35) * (0.7 + 0.6 * noise(v_rest * vec3(70.0, 30.0, 70.0))), stubble);
    s.base = made_up(s.base, ax, y, mask.g);
    s.base *= 1.0 - 0.24 * wrinkles(ax, y, z) * vec3(0.8, 1.0, 1.05) * (style == SOFT ? 1.0 : 0.55);

    if (abs(y - 7.5) < 0.3 && z > 0.9) {
        float hairs;
        float cover = brow_cover(ax, y, z, hairs);
        s.base = mix(s.base, brow * mix(1.0, 0.7 + 0.6 * hairs, detail), cover);
        s.shine = mix(s.shine, 0.02, cover);
    }

    if (v_over > -0.12) {
        float strand = noise(vec3(atan(v_rest.x, z - 0.4) * 40.0, y * 3.0, seed));
        float scalp = smoothstep(-0.05, 0.06, v_over + (strand - 0.5) * 0.12) * (1.0 - smoothstep(0.2, 0.5, mask.a)) * scalp_hair;
        s.base = mix(s.base, hair * mix(0.9, 0.6 + 0.5 * strand, detail), scalp);
        if (scalp > 0.5) s.shine = 0.08;
    }

    float collar = collar_cover();
    s.base = mix(s.base, shirt * (0.9 + 0.1 * noise(v_rest * 40.0)), collar);
    if (collar > 0.5) s.glow = vec3(0.0);
    return s;
}

// ---- eyes, mouth, hair ------------------------------------------------------------------------

// An eye as comics draw it: a large iris, dark above and bright below, with two lights in it.
Surface drawn_eye(vec3 d, out bool spark) {
    vec2 p = d.xy / (0.072 * iris_size) / vec2(1.0, 0.95);
    float r = length(p);
    vec3 white = vec3(0.97, 0.96, 0.97);
    vec3 disc = mix(iris * 0.38, mix(iris, vec3(1.0), 0.35), smoothstep(0.7, -0.9, p.y));
    disc = mix(disc, iris * 0.32, smoothstep(0.76, 0.86, r));
    disc = mix(vec3(0.03) + iris * 0.12, disc, smoothstep(0.38, 0.46, length(p * vec2(1.0, 0.85))));
    white = mix(disc, white, smoothstep(0.96, 1.04, r));
    if (d.z < 0.0) white = vec3(0.97, 0.96, 0.97);
    spark = (length(p - vec2(-0.34, 0.40)) < 0.26 || length(p - vec2(0.36, -0.42)) < 0.13) && d.z > 0.0;
    float top = smoothstep(0.75, 0.3, d.y / 0.06 + gaze.y * 2.0);
    return Surface(white * mix(vec3(0.72, 0.72, 0.80), vec3(1.0), top), 0.0, 24.0, 1.0, 1.0, vec3(0.0));
}

// Sets `spark` where the lamp mirrors in the cornea.
Surface eye_surface(bool left, out bool spark) {
    vec3 centre = vec3(left ? eye_centre.x : -eye_centre.x, eye_centre.yz);
    vec3 d = v_rest - centre;
    d.xy -= gaze * 0.14;
    if (drawn_eyes > 0.5) return drawn_eye(d, spark);
    d.xy /= iris_size;
    float r = length(d.xy);
    vec3 white = vec3(0.93, 0.91, 0.90) - vec3(0.02, 0.07, 0.08) * smoothstep(0.07, 0.14, r);
    if (d.z > 0.0) {
        float angle = atan(d.y, d.x);
        vec3 rays = iris * (0.7 + 0.7 * noise(vec3(angle * 6.0, r * 30.0, seed)));
        rays *= 1.2 - 0.6 * smoothstep(0.0, -0.06, 0.03 - r);
        rays = mix(rays * 1.35, rays * 0.45, smoothstep(0.045, 0.062, r));
        white = mix(rays, white, smoothstep(0.058, 0.066, r));
        white = mix(vec3(0.02), white, smoothstep(0.024, 0.029, r));
    }
    spark = length(d.xy - vec2(light.x * 0.03, 0.028)) < 0.014 && d.z > 0.0;
    float shade = mix(1.0, 0.55, smoothstep(-0.02, 0.09, d.y + gaze.y * 0.14));
    return Surface(white, 0.0, 24.0, shade, 0.6, vec3(0.0));
}

// From the side one sees into the arch: what faces the tongue is dark gum, not a white wall.
Surface teeth_surface(bool lower) {
    float gum = smoothstep(0.15, 0.2, abs(v_rest.y - 6.57));
    float gap = bell(fract(v_rest.x * 13.0) - 0.5, 0.06) * 0.06 * (style == SOFT ? 1.0 : 0.0);
    vec3 base = mix(vec3(0.95, 0.92, 0.86) * (1.0 - gap), vec3(0.75, 0.38, 0.36), gum);
    float outward = dot((turn_back * normalize(v_normal)).xz, normalize(v_rest.xz - vec2(0.0, 0.95)));
    float inside = smoothstep(0.45, 0.1, outward) * float(lower);
    base = mix(base, vec3(0.42, 0.16, 0.16), inside);
    float deep = smoothstep(1.0, 1.38, v_rest.z);
    float open = (0.3 + 0.62 * deep) * (0.6 + 0.4 * smoothstep(0.34, 0.1, abs(v_rest.x))) * (1.0 - 0.4 * inside);
    return Surface(base, 0.2, 24.0, open, 0.5, vec3(0.0));
}

Surface tongue_surface() {
    return Surface(vec3(0.70, 0.33, 0.32), 0.12, 24.0, 0.3 + 0.5 * smoothstep(0.9, 1.35, v_rest.z), 0.35, vec3(0.0));
}

Surface shell_surface(vec4 mask) {
    float wide = noise(vec3(atan(v_rest.x, v_rest.z - 0.4) * 26.0, v_rest.y * 1.6, seed));
    if (shell_kind == 1) {
        if (v_over + (noise(v_rest * vec3(30.0, 14.0, 30.0) + seed) - 0.5) * 0.5 < 0.42 || mask.r > 0.35) discard;
        vec3 beard_hair = mix(hair * 0.85, hair * (0.5 + 0.8 * noise(v_rest * vec3(60.0, 18.0, 60.0) + seed)), 0.3 + 0.7 * detail);
        return Surface(beard_hair, 0.12, 14.0, 0.9, 0.35, vec3(0.0));
    }
    if (v_over + (wide - 0.5) * strands + (noise(v_rest * 14.0 + seed) - 0.5) * curls * 0.14 < 0.0 || mask.a > 0.3) discard;
    return Surface(hair_strands(26.0), 0.35, 14.0, mix(0.75, 1.0, smoothstep(0.0, 0.3, v_over)), 0.35, vec3(0.0));
}

// The long-hair mesh hangs over the face: cut it open at the front and off at the end.
Surface long_hair_surface() {
    float ax = abs(v_rest.x);
    float opening = 0.50 + 0.22 * smoothstep(7.6, 6.6, v_rest.y) - 0.30 * smoothstep(7.75, 8.25, v_rest.y)
        + parting * 0.08 * sign(v_rest.x);
    if (v_rest.z > 0.55 && ax < opening && v_rest.y < 8.22) discard;
    float ragged = noise(vec3(atan(v_rest.x, v_rest.z - 0.3) * 24.0, 1.0, seed));
    if (v_rest.y < hair_end + (ragged - 0.5) * strands * 1.5) discard;
    return Surface(hair_strands(24.0), 0.35, 12.0, 0.9, 0.35, vec3(0.0));
}

#if LAYER == IN_HAIR
Surface surface(int part, vec4 mask, out bool spark) {
    spark = false;
    if (part == SKIN) return shell_surface(mask);
    return long_hair_surface();
}
#elif LAYER == INSIDE
Surface surface(int part, vec4 mask, out bool spark) {
    spark = false;
    if (part == TEETH || part == LOWER_TEETH) return teeth_surface(part == LOWER_TEETH);
    if (part == TONGUE) return tongue_surface();
    return eye_surface(part == EYE_LEFT, spark);
}
#else
Surface surface(int part, vec4 mask, out bool spark) {
    spark = false;
    return skin_surface(mask);
}
#endif

vec4 flow_of(vec4 mask) {
    // eyes and the mouth's inside do not move with the mesh: no flow is true for them
    bool still = LAYER == INSIDE || (LAYER == IN_SKIN && mask.b > 0.3);
    return vec4(v_flow.xy, still ? -99.0 : v_flow.z, v_place.z);
}

vec4 kind_of(int part, vec4 mask) {
    float what = KIND_SKIN;
    if (LAYER == IN_HAIR) what = KIND_HAIR + float(shell_kind) * 2.0;
    else if (LAYER == INSIDE) what = part == EYE_LEFT || part == EYE_RIGHT ? KIND_EYE : KIND_MOUTH;
    else if (mask.b > 0.5) what = KIND_MOUTH;
    else if (v_rest.y < 6.0 && collar_cover() > 0.5) what = KIND_SHIRT;
    return vec4(what / 255.0, 0.0, (v_place.z + 2.0) / 4.0, 1.0);
}

#if PASS == COLOUR
void main() {
    int part = int(v_part + 0.5);
    vec4 mask = texture(masks, v_texture);
    if (part == LASH) {
        colour = vec4(brow * 0.35, drawn_eyes > 0.5 ? min(1.0, lashes * 1.6) : lashes);
        kind = vec4(0.0);
        return;
    }
    bool spark;
    Surface s = surface(part, mask, spark);
    vec3 to_camera = normalize(camera - v_place);
    vec3 n = normalize(v_normal);
    if (dot(n, to_camera) < 0.0) n = -n;
    if (LAYER == IN_SKIN && style == CEL) {  // two tones need a smoother form than faces have
        n = normalize(mix(n, normalize(v_place - vec3(0.0, 0.15, -0.1)), 0.7 * smoothstep(0.6, 1.0, v_rest.z)));
    }
    if (part == TEETH || part == LOWER_TEETH) n = normalize(mix(n, vec3(0.0, 0.2, 1.0), 0.85));  // few triangles: no facets
    float reach = LAYER == INSIDE ? 1.0 : lamp(v_other + n * 0.05);
    vec3 result = lit(s, n, to_camera, reach);
    if (LAYER == IN_SKIN) result *= mix(1.0, 0.5, mask.b);
    colour = spark ? vec4(pow(vec3(0.97), vec3(0.9)), 1.0) : finished(result);
    kind = kind_of(part, mask);
}
#else
void main() {
    vec4 mask = texture(masks, v_texture);
#if LAYER == IN_HAIR
    bool spark;
    surface(int(v_part + 0.5), mask, spark);  // for its discards
#endif
    kind = vec4(0.0);
    colour = PASS == FLOW ? flow_of(mask) : vec4(0.0);
}
#endif
