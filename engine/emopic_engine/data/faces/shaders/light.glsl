// How surfaces are lit, in three styles. Shared by everything that has a colour.

uniform vec3 light, light_colour, ambient, camera;
uniform float exposure, detail;
uniform int style;         // 0 lit softly, 1 flat colours, 2 two tones
uniform vec3 shade;        // colour of the second tone
uniform sampler2DShadow shadow_map;
uniform mat4 to_lamp;      // place at rest → shadow map
uniform float shadow;      // how dark cast shadows are
uniform vec2 blinds;       // shadows of things outside the picture: strength and scale
uniform float blinds_seed;

const int SOFT = 0, FLAT = 1, CEL = 2;

struct Surface {
    vec3 base;
    float shine, gloss, open, wrap;
    vec3 glow;             // light that comes back out of the skin
};

// How much of the lamp reaches a place at rest: shadows stick to the skin when it moves.
float lamp(vec3 rest_place) {
    if (shadow == 0.0 && blinds.x == 0.0) return 1.0;
    vec4 p = to_lamp * vec4(rest_place, 1.0);
    vec3 q = p.xyz * 0.5 + 0.5;
    float hidden = 0.0;
    float soft = style == CEL ? 0.003 : 0.012;
    for (int i = 0; i < 4; i++) {
        vec2 aside = vec2(i & 1, i >> 1) * 2.0 - 1.0;
        hidden += 0.25 - 0.25 * texture(shadow_map, vec3(q.xy + aside * soft, q.z - 0.008));
    }
    float reach = 1.0 - hidden * shadow;
    if (blinds.x > 0.0) {
        float cloud = noise(vec3(p.xy * blinds.y, blinds_seed));
        reach *= 1.0 - blinds.x * smoothstep(0.48, 0.56, cloud);
    }
    return reach;
}

vec3 lit(Surface s, vec3 n, vec3 to_camera, float reach) {
    float facing = dot(n, light);
    float spot = pow(max(dot(n, normalize(light + to_camera)), 0.0), s.gloss) * s.shine * step(0.0, facing);
    vec3 level = ambient + light_colour * 0.62;
    if (style == FLAT) return s.base * level * mix(0.8, 1.0, smoothstep(0.1, 0.5, s.open));
    if (style == CEL) {
        float day = smoothstep(-0.04, 0.04, facing + 0.22) * smoothstep(0.14, 0.2, s.open) * smoothstep(0.35, 0.65, reach);
        vec3 tone = s.base * level * mix(shade, vec3(1.0), day);
        return tone + light_colour * smoothstep(0.4, 0.5, spot / max(s.shine, 0.01)) * step(0.3, s.shine) * day * 0.25;
    }
    float diffuse = max((facing + s.wrap) / (1.0 + s.wrap), 0.0);
    diffuse *= diffuse * 0.4 + 0.6;
    diffuse *= reach;
    float rim = pow(1.0 - max(dot(n, to_camera), 0.0), 3.0) * 0.18;
    vec3 result = s.base * (ambient * (0.65 + 0.35 * n.y) * s.open * s.open + light_colour * diffuse * mix(0.55, 1.0, s.open));
    result += s.base * s.glow * max(0.6 - abs(facing), 0.0) * 1.2;
    return result + light_colour * spot * s.open * reach + ambient * rim * s.open * s.base * 2.0;
}

vec4 finished(vec3 result) { return vec4(pow(clamp(result * exposure, 0.0, 1.0), vec3(0.9)), 1.0); }
