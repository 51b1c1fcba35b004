uniform mat3 turn;
in vec3 position;
void main() {
    vec3 p = turn * (position - vec3(0.0, 7.0, 0.4)) / 3.2;
    gl_Position = vec4(p.xy, -p.z, 1.0);
}
