// Places a corner of the head; hair and beard shells are the skin pushed outwards.

uniform mat4 to_clip;
uniform float shell;       // thickness of the shell, 0 for everything else
uniform int shell_kind;    // 0 hair, 1 beard
uniform float wave;        // phase of the shell's waves

in vec3 position;          // turned, this pose
in vec3 normal;
in vec3 other_position;    // turned, the pose that the flow leads to
in vec2 texture_place;
in vec3 rest;
in float part_number;
in float openness;         // 1 - ambient occlusion

out vec3 v_normal;
out vec2 v_texture;
out vec3 v_rest;
out float v_part;
out float v_open;
out float v_over;
out vec3 v_place;
out vec3 v_other;
out vec3 v_flow;           // clip-space offset to the other pose, and that pose's depth

void main() {
    v_normal = normal;
    v_texture = texture_place;
    v_rest = rest;
    v_part = part_number;
    v_open = openness;
    v_over = over_hairline(rest);
    vec3 lift = vec3(0.0);
    if (shell > 0.0 && shell_kind == 1) {
        v_over = beard_cover(rest);
        lift = normal * shell * smoothstep(0.1, 0.9, v_over);
        lift.y -= shell * 0.7 * smoothstep(0.3, 1.0, v_over) * smoothstep(6.6, 6.2, rest.y);
    } else if (shell > 0.0) {
        float waves = 1.0 + 0.25 * sin(rest.x * 9.0 + wave) * sin(rest.z * 7.0 + wave * 2.0);
        lift = normal * shell * smoothstep(-0.02, 0.25, v_over) * waves;
        lift.y += shell * 0.35 * smoothstep(0.0, 0.4, v_over);
    }
    vec4 here = to_clip * vec4(position + lift, 1.0);
    vec4 there = to_clip * vec4(other_position + lift, 1.0);
    v_place = position + lift;
    v_other = other_position + lift;
    v_flow = vec3(there.xy / there.w - here.xy / here.w, other_position.z + lift.z);
    gl_Position = here;
    if ((part_number > 2.5 && part_number < 4.5) || part_number > 6.5) {
        // teeth and tongue lie a little deeper than they are, so that none pokes through a thin chin
        vec4 deeper = to_clip * vec4(position - vec3(0.0, 0.0, 0.09), 1.0);
        gl_Position.z = deeper.z / deeper.w * here.w;
    }
}
