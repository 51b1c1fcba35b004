using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Emopic.Client.Tests")]
