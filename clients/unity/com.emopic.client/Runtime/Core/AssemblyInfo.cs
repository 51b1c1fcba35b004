using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Emopic.Client")]
[assembly: InternalsVisibleTo("Emopic.Client.Editor")]
[assembly: InternalsVisibleTo("Emopic.Client.Tests")]
