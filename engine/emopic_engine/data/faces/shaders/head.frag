// Skin, eyes, mouth and hair of one head. Lengths are decimetres of the rest pose, which is the
// same for every person, so that features drawn here follow the mesh as it moves.
// Compiled twice, with HAIR 0 and 1: only hair discards fragments, so that everything else is
// shaded after the depth test.

uniform sampler2D masks;   // lips, eyelids, inside of the mouth, ears
uniform int pass_kind;     // 0 colour, 1 flow

uniform vec3 skin, hair, brow, iris, lip, shirt;
uniform vec3 light, light_colour, ambient, eye_centre, camera;
uniform vec4 brow_shape;   // half thickness, up, arch, opacity
uniform float beard, lashes, blush, freckles, seed, scalp_hair, exposure;
uniform float strands, parting, hair_end;
uniform vec2 gaze;
uniform vec3 wrinkle;      // between the brows, on the forehead, beside the nose

in vec3 v_normal;
in vec2 v_texture;
in vec3 v_rest;
in float v_part;
in float v_open;
in float v_over;
in vec3 v_place;
in vec3 v_flow;
out vec4 colour;

const int SKIN = 0, EYE_LEFT = 1, EYE_RIGHT = 2, TEETH = 3, TONGUE = 4, LASH = 5;

struct Surface {
    vec3 base;
    float shine, gloss, open, wrap;
    vec3 glow;             // light that comes back out of the skin
};

float bell(float x, float width) { return exp(-(x * x) / (width * width)); }

vec3 hair_strands(float coarse) {
    float around = atan(v_rest.x, v_rest.z - 0.4);
    float wide = noise(vec3(around * coarse, v_rest.y * 1.6, seed));
    float fine = noise(vec3(around * 90.0, v_rest.y * 2.5, seed + 9.0));
    return hair * (0.52 + 0.36 * wide + 0.34 * fine);
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
    float away = abs(y - middle) / max(half_width, 0.001) + (hairs - 0.5) * 0.5;
    return smoothstep(1.2, 0.65, away) * step(-0.06, t) * step(t, 1.03) * step(0.9, z) * brow_shape.w;
}

float beard_cover(float ax, float y, float z) {
    float cheeks = smoothstep(6.98, 6.72, y - 0.25 * smoothstep(0.3, 0.65, ax))
        * smoothstep(5.95, 6.2, y) * smoothstep(0.3, 0.6, z);
    float around_mouth = smoothstep(0.16, 0.34, length(vec2(ax * 0.8, y - 6.68)));
    float moustache = bell(y - 6.83, 0.045) * smoothstep(0.36, 0.25, ax) * step(1.2, z);
    return max(cheeks * around_mouth, moustache);
}

Surface skin_surface(vec4 mask) {
    float ax = abs(v_rest.x), y = v_rest.y, z = v_rest.z;
    Surface s = Surface(skin, 0.12, 24.0, v_open, 0.35, vec3(0.12, 0.03, 0.02));
    float freckle = 0.0;
    float mottle = noise(v_rest * 9.0 + seed) * 0.5 + noise(v_rest * 22.0 + seed) * 0.3 + noise(v_rest * 60.0) * 0.2;
    s.base *= 0.94 + 0.12 * mottle;
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
        float lines = 0.92 + 0.16 * noise(vec3(v_rest.x * 60.0, y * 8.0, seed));
        s.base = mix(s.base, lip * lines, mask.r);
    }
    s.shine = mix(s.shine, 0.35, mask.r);
    s.gloss = mix(s.gloss, 40.0, mask.r);
    s.base = mix(s.base, vec3(0.30, 0.07, 0.07), mask.b);

    float stubble = beard_cover(ax, y, z) * beard * 0.8 * (1.0 - mask.r);
    if (stubble > 0.0) s.base = mix(s.base, mix(hair * 0.7, s.base, 0.35) * (0.7 + 0.6 * noise(v_rest * vec3(70.0, 30.0, 70.0))), stubble);
    s.base *= 1.0 - 0.24 * wrinkles(ax, y, z) * vec3(0.8, 1.0, 1.05);

    if (abs(y - 7.5) < 0.3 && z > 0.9) {
        float hairs;
        float cover = brow_cover(ax, y, z, hairs);
        s.base = mix(s.base, brow * (0.7 + 0.6 * hairs), cover);
        s.shine = mix(s.shine, 0.02, cover);
    }

    if (v_over > -0.12) {
        float strand = noise(vec3(atan(v_rest.x, z - 0.4) * 40.0, y * 3.0, seed));
        float scalp = smoothstep(-0.05, 0.06, v_over + (strand - 0.5) * 0.12) * (1.0 - smoothstep(0.2, 0.5, mask.a)) * scalp_hair;
        s.base = mix(s.base, hair * (0.6 + 0.5 * strand), scalp);
        if (scalp > 0.5) s.shine = 0.08;
    }

    float collar = smoothstep(5.80, 5.76, y - 0.20 * smoothstep(0.2, 0.55, ax) + 0.10 * smoothstep(0.3, 0.9, z));
    s.base = mix(s.base, shirt * (0.9 + 0.1 * noise(v_rest * 40.0)), collar);
    if (collar > 0.5) s.glow = vec3(0.0);
    return s;
}

// ---- eyes, mouth, hair ------------------------------------------------------------------------

// Sets `spark` where the lamp mirrors in the cornea.
Surface eye_surface(bool left, out bool spark) {
    vec3 centre = vec3(left ? eye_centre.x : -eye_centre.x, eye_centre.yz);
    vec3 d = v_rest - centre;
    d.xy -= gaze * 0.14;
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

Surface teeth_surface() {
    float gum = smoothstep(0.15, 0.2, abs(v_rest.y - 6.57));
    float gap = bell(fract(v_rest.x * 13.0) - 0.5, 0.06) * 0.06;
    vec3 base = mix(vec3(0.95, 0.92, 0.86) * (1.0 - gap), vec3(0.75, 0.38, 0.36), gum);
    float deep = smoothstep(1.0, 1.38, v_rest.z);
    float open = (0.3 + 0.62 * deep) * (0.6 + 0.4 * smoothstep(0.34, 0.1, abs(v_rest.x)));
    return Surface(base, 0.2, 24.0, open, 0.5, vec3(0.0));
}

Surface tongue_surface() {
    return Surface(vec3(0.70, 0.33, 0.32), 0.12, 24.0, 0.3 + 0.5 * smoothstep(0.9, 1.35, v_rest.z), 0.35, vec3(0.0));
}

Surface shell_surface(vec4 mask) {
    float wide = noise(vec3(atan(v_rest.x, v_rest.z - 0.4) * 26.0, v_rest.y * 1.6, seed));
    if (v_over + (wide - 0.5) * strands < 0.0 || mask.a > 0.3) discard;
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

vec3 lit(Surface s, vec3 n, vec3 to_camera) {
    float facing = dot(n, light);
    float diffuse = max((facing + s.wrap) / (1.0 + s.wrap), 0.0);
    diffuse *= diffuse * 0.4 + 0.6;
    float spot = pow(max(dot(n, normalize(light + to_camera)), 0.0), s.gloss) * s.shine * step(0.0, facing);
    float rim = pow(1.0 - max(dot(n, to_camera), 0.0), 3.0) * 0.18;
    vec3 result = s.base * (ambient * (0.65 + 0.35 * n.y) * s.open * s.open + light_colour * diffuse * mix(0.55, 1.0, s.open));
    result += s.base * s.glow * max(0.6 - abs(facing), 0.0) * 1.2;
    return result + light_colour * spot * s.open + ambient * rim * s.open * s.base * 2.0;
}

#if HAIR
Surface surface(int part, vec4 mask, out bool spark) {
    spark = false;
    if (part == SKIN) return shell_surface(mask);
    return long_hair_surface();
}
#else
Surface surface(int part, vec4 mask, out bool spark) {
    spark = false;
    if (part == SKIN) return skin_surface(mask);
    if (part == TEETH) return teeth_surface();
    if (part == TONGUE) return tongue_surface();
    return eye_surface(part == EYE_LEFT, spark);
}
#endif

void write_flow(int part, vec4 mask) {
    // eyes and the mouth's inside do not move with the mesh: no flow is true for them
    bool still = HAIR == 0 && ((part >= EYE_LEFT && part <= TONGUE) || mask.b > 0.3);
    colour = vec4(v_flow.xy, still ? -99.0 : v_flow.z, v_place.z);
}

void main() {
    int part = int(v_part + 0.5);
    vec4 mask = texture(masks, v_texture);
    if (part == LASH) {
        colour = vec4(brow * 0.35, lashes);
        return;
    }
    if (HAIR == 0 && pass_kind == 1) {
        write_flow(part, mask);
        return;
    }
    bool spark;
    Surface s = surface(part, mask, spark);
    if (pass_kind == 1) {
        write_flow(part, mask);
        return;
    }
    vec3 to_camera = normalize(camera - v_place);
    vec3 n = normalize(v_normal);
    if (dot(n, to_camera) < 0.0) n = -n;
    if (part == TEETH) n = normalize(mix(n, vec3(0.0, 0.2, 1.0), 0.85));  // few triangles: no facets
    vec3 result = spark ? vec3(0.97) : lit(s, n, to_camera) * exposure;
    if (part == SKIN && HAIR == 0) result *= mix(1.0, 0.5, mask.b);
    colour = vec4(pow(clamp(result, 0.0, 1.0), vec3(0.9)), 1.0);
}
