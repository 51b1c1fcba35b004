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
