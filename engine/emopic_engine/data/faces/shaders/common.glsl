// Value noise and the hairline, shared by both stages. Lengths are decimetres of the rest pose.

uniform float hairline_up;
uniform float fringe;

float hash(vec3 p) {
    p = fract(p * 0.1031);
    p += dot(p, p.zyx + 31.32);
    return fract((p.x + p.y) * p.z);
}

float noise(vec3 p) {
    vec3 i = floor(p);
    vec3 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    vec4 near = vec4(hash(i), hash(i + vec3(1, 0, 0)), hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)));
    vec4 far = vec4(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), hash(i + vec3(0, 1, 1)), hash(i + vec3(1, 1, 1)));
    vec4 z = mix(near, far, f.z);
    vec2 x = mix(z.xz, z.yw, f.x);
    return mix(x.x, x.y, f.y);
}

// Height over the hairline: positive where hair grows. Falls from the forehead past the temple
// to the neck; a fringe pulls its front down towards the brows.
float over_hairline(vec3 rest) {
    vec3 c = rest - vec3(0.0, 7.4, 0.45);
    float around = atan(abs(rest.x), c.z);
    float front = 8.02 + hairline_up;
    front = mix(front, 7.66, fringe * smoothstep(0.85, 0.45, around));
    float y = mix(front, 7.42, smoothstep(0.62, 1.12, around));
    y = mix(y, 7.05, smoothstep(1.2, 1.45, around));
    y = mix(y, 6.75, smoothstep(1.8, 2.3, around));
    return rest.y - y;
}

// Where a beard grows, 0 to 1: cheeks, chin, lip and sides have a strength each.
uniform vec4 beard_parts;

float beard_cover(vec3 rest) {
    float ax = abs(rest.x), y = rest.y, z = rest.z;
    float low = smoothstep(6.98, 6.72, y - 0.25 * smoothstep(0.3, 0.65, ax))
        * smoothstep(5.95, 6.2, y) * smoothstep(0.3, 0.6, z);
    float around_mouth = smoothstep(0.16, 0.34, length(vec2(ax * 0.8, y - 6.68)));
    float chin = smoothstep(0.34, 0.24, ax) * smoothstep(6.66, 6.56, y);
    float sides = smoothstep(0.62, 0.7, ax);
    float moustache = exp(-pow((y - 6.83) / 0.045, 2.0)) * smoothstep(0.36, 0.25, ax) * step(1.2, z);
    float part = mix(mix(beard_parts.x, beard_parts.w, sides), beard_parts.y, chin);
    return max(low * around_mouth * part, moustache * beard_parts.z);
}
