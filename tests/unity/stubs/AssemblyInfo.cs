using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Emopic.Client.Tests")]
[assembly: InternalsVisibleTo("Emopic.Components.Tests")]
