using System;
using UnityEngine;
using UnityEngine.UI;

namespace Emopic
{
    /// <summary>How pictures travel from the server.</summary>
    public enum FaceTransfer
    {
        /// <summary>Small and fast to decode, without transparency. The right one in most cases.</summary>
        Jpeg,

        /// <summary>Keeps the transparency of the base face. Decoded on the main thread.</summary>
        Png,

        /// <summary>Nothing to decode, with transparency, but large: for a server on this machine.</summary>
        Raw,
    }

    /// <summary>Shows a character's picture on a RawImage, a SpriteRenderer or another Renderer.</summary>
    /// <remarks>
    /// JPEG is decoded on the thread pool and raw pictures are put together there; the main thread
    /// only uploads. On WebGL, which has no threads, and for PNG, Unity decodes on the main thread.
    /// The last picture stays while the connection is lost.
    /// </remarks>
    [AddComponentMenu("Emopic/Emopic Face Texture")]
    public sealed class EmopicFaceTexture : MonoBehaviour
    {
        private const int KeptPictures = 64; // about 1 MB; a face shows the same ones again and again

        [SerializeField, Tooltip("Whose face; empty: the nearest character above")]
        private EmopicCharacter character;

        [SerializeField, Tooltip("Where to show it; empty: what this object has")]
        private RawImage rawImage;

        [SerializeField, Tooltip("Where to show it; empty: what this object has")]
        private SpriteRenderer sprite;

        [SerializeField, Tooltip("Where to show it; empty: what this object has")]
        private Renderer surface;

        [SerializeField, Tooltip("The texture property of the surface's material; empty: _BaseMap or _MainTex")]
        private string textureProperty = "";

        [SerializeField, Range(0, 2048), Tooltip("The longest side in pixels; 0: the face's own size")]
        private int size = 512;

        [SerializeField, Range(1, 60), Tooltip("At most so many pictures a second")]
        private int framesPerSecond = 30;

        [SerializeField, Range(1, 100), Tooltip("Of JPEG")]
        private int quality = 85;

        [SerializeField, Tooltip("How pictures travel from the server")]
        private FaceTransfer transfer = FaceTransfer.Jpeg;

        [SerializeField, Tooltip("Decode on the thread pool where possible")]
        private bool decodeInBackground = true;

        private FacePicture _picture;
        private MaterialPropertyBlock _block;
        private Sprite _ownSprite;
        private Sprite _sceneSprite;
        private Texture2D _shown;
        private int _property;

        /// <summary>Another texture object is in use, because the size has changed.</summary>
        public event Action<Texture2D> TextureChanged;

        /// <summary>The picture; null before the first frame.</summary>
        public Texture2D Texture { get { return _shown; } }

        /// <summary>Whose face it is.</summary>
        public EmopicCharacter Character { get { return character; } }

        private void OnEnable()
        {
            if (character == null) character = GetComponentInParent<EmopicCharacter>();
            if (character == null)
            {
                Debug.LogError("Emopic: there is no EmopicCharacter for this picture", this);
                return;
            }
            FindTargets();
            _picture = NewPicture();
            character.FrameReceived += _picture.Show;
            character.Want(this, new WatchOptions { Frames = Wish() });
        }

        private void OnDisable()
        {
            if (_picture == null) return;
            character.FrameReceived -= _picture.Show;
            character.Want(this, null);
            Release();
        }

        private void Update()
        {
            if (_picture == null) return;
            string problem;
            _picture.Update(out problem);
            if (problem != null) Debug.LogWarning("Emopic: " + problem, this);
            if (_picture.Texture != _shown) Assign(_picture.Texture);
        }

        /// <summary>Set from outside what the inspector sets; to be called while disabled.</summary>
        internal void Configure(EmopicCharacter whose, int side, FaceTransfer how, bool inBackground)
        {
            character = whose;
            size = side;
            transfer = how;
            decodeInBackground = inBackground;
        }

        private void FindTargets()
        {
            if (rawImage != null || sprite != null || surface != null) return;
            rawImage = GetComponent<RawImage>();
            sprite = GetComponent<SpriteRenderer>();
            if (sprite == null) surface = GetComponent<Renderer>();
        }

        private FacePicture NewPicture()
        {
            bool threads = Application.platform != RuntimePlatform.WebGLPlayer;
            if (transfer == FaceTransfer.Raw) return new BackgroundPicture(!threads);
            bool background = transfer == FaceTransfer.Jpeg && decodeInBackground && threads;
            return background ? (FacePicture)new BackgroundPicture(false) : new UnityPicture();
        }

        private FrameOptions Wish()
        {
            return new FrameOptions
            {
                Format = transfer == FaceTransfer.Jpeg ? PictureFormat.Jpeg
                    : transfer == FaceTransfer.Png ? PictureFormat.Png : PictureFormat.Raw,
                Size = size == 0 ? 0 : Mathf.Max(16, size),
                Fps = framesPerSecond,
                Quality = quality,
                Patches = _picture is BackgroundPicture || UnityPicture.CanPatch,
                Keep = transfer == FaceTransfer.Raw ? 0 : KeptPictures,
            };
        }

        private void Assign(Texture2D texture)
        {
            _shown = texture;
            if (rawImage != null) rawImage.texture = texture;
            if (sprite != null) AssignSprite(texture);
            if (surface != null) AssignSurface(texture);
            if (TextureChanged != null) TextureChanged(texture);
        }

        /// <summary>A sprite of the new picture, as high as the sprite it takes the place of.</summary>
        private void AssignSprite(Texture2D texture)
        {
            if (_ownSprite == null) _sceneSprite = sprite.sprite;
            float height = _sceneSprite == null ? texture.height / 100f : _sceneSprite.bounds.size.y;
            Sprite old = _ownSprite;
            var all = new Rect(0, 0, texture.width, texture.height);
            _ownSprite = Sprite.Create(texture, all, new Vector2(0.5f, 0.5f), texture.height / height);
            _ownSprite.hideFlags = HideFlags.DontSave;
            sprite.sprite = _ownSprite;
            Objects.Destroy(old);
        }

        private void AssignSurface(Texture2D texture)
        {
            if (_block == null) _block = new MaterialPropertyBlock();
            if (_property == 0) _property = Shader.PropertyToID(PropertyName());
            surface.GetPropertyBlock(_block);
            _block.SetTexture(_property, texture);
            surface.SetPropertyBlock(_block);
        }

        private string PropertyName()
        {
            if (!string.IsNullOrEmpty(textureProperty)) return textureProperty;
            Material material = surface.sharedMaterial;
            return material != null && material.HasProperty("_BaseMap") ? "_BaseMap" : "_MainTex";
        }

        /// <summary>Give everything of ours back, and the scene its own sprite.</summary>
        private void Release()
        {
            if (rawImage != null && rawImage.texture == _shown) rawImage.texture = null;
            if (sprite != null && _ownSprite != null) sprite.sprite = _sceneSprite;
            if (surface != null && _block != null)
            {
                _block.Clear();
                surface.SetPropertyBlock(_block);
            }
            Objects.Destroy(_ownSprite);
            _ownSprite = null;
            _picture.Dispose();
            _picture = null;
            _shown = null;
        }
    }
}
