// Places what a head wears: fixed to the skull, the same in every pose.

uniform mat4 to_clip;

in vec3 position;          // turned
in vec3 normal;
in vec3 paint;
in vec2 texture_place;
in float stuff;
in float tag;

out vec3 v_normal;
out vec3 v_place;
out vec3 v_paint;
out vec2 v_texture;
out float v_stuff;
out float v_tag;

void main() {
    v_normal = normal;
    v_place = position;
    v_paint = paint;
    v_texture = texture_place;
    v_stuff = stuff;
    v_tag = tag;
    gl_Position = to_clip * vec4(position, 1.0);
}
