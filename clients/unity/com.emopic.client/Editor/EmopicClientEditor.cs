using UnityEditor;
using UnityEngine;

namespace Emopic.Editors
{
    /// <summary>Shows the state of the connection while playing.</summary>
    [CustomEditor(typeof(EmopicClient))]
    internal sealed class EmopicClientEditor : Editor
    {
        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            EditorGUILayout.Space();
            var client = (EmopicClient)target;
            if (!Application.isPlaying)
            {
                EditorGUILayout.HelpBox("Start a server with “emopic serve”, then press Play.", MessageType.Info);
                return;
            }
            EditorGUILayout.LabelField("Status", client.Status.ToString());
            if (client.Hello != null) DrawServer(client.Hello);
            DrawProblem(client);
            if (client.Session == null || client.Status == SessionStatus.Stopped)
            {
                if (GUILayout.Button("Connect")) client.Connect();
            }
            else if (GUILayout.Button("Disconnect"))
            {
                client.Disconnect();
            }
        }

        private static void DrawServer(Hello hello)
        {
            EngineInfo engine = hello.Engine;
            EditorGUILayout.LabelField("Server", hello.Server);
            EditorGUILayout.LabelField("Engine", engine.Backend + " on " + engine.Device + ", " + engine.Precision);
        }

        private static void DrawProblem(EmopicClient client)
        {
            if (client.Session == null || client.Status == SessionStatus.Open) return;
            string problem = client.Session.LastProblem;
            if (problem.Length > 0) EditorGUILayout.HelpBox(problem, MessageType.Warning);
        }
    }
}
