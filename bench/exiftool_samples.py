"""Images with metadata as different kinds of software write it, made by exiftool."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyvips

from bench import exiftool

CAMERA = [
    *("-Make=ACME", "-Model=Snap 7", "-Orientation#=6", "-XResolution=300", "-YResolution=300"),
    *("-ResolutionUnit#=2", "-Software=Firmware 1.2", "-ModifyDate=2026:11:20 09:00:00"),
    *("-ExposureTime=1/250", "-FNumber=2.8", "-ExposureProgram#=2", "-ISO=400"),
    *("-ExifVersion=0232", "-DateTimeOriginal=2026:11:20 08:15:30", "-OffsetTimeOriginal=+01:00"),
    *("-CreateDate=2026:11:20 08:15:30", "-SubSecTimeOriginal=042", "-ShutterSpeedValue=1/250"),
    *("-ApertureValue=2.8", "-BrightnessValue=4.5", "-ExposureCompensation=-0.33"),
    *("-MaxApertureValue=1.8", "-SubjectDistance=2.5", "-MeteringMode#=5", "-LightSource#=4"),
    *("-Flash#=16", "-FocalLength=50", "-SubjectArea=100 200 50 60", "-UserComment=hello"),
    *("-ColorSpace#=1", "-ExifImageWidth=4000", "-ExifImageHeight=3000", "-SensingMethod#=2"),
    *("-CustomRendered#=0", "-ExposureMode#=1", "-WhiteBalance#=1", "-DigitalZoomRatio=1.5"),
    *("-FocalLengthIn35mmFormat=75", "-SceneCaptureType#=1", "-Contrast#=1", "-Saturation#=2"),
    *("-Sharpness#=1", "-ImageUniqueID=0123456789abcdef0123456789abcdef", "-OwnerName=Ada"),
    *("-SerialNumber=007", "-LensInfo=24 70 2.8 4", "-LensMake=ACME", "-LensModel=Zoom 24-70"),
    *("-LensSerialNumber=0042", "-YCbCrPositioning#=1", "-InteropIndex=R98", "-Gamma=2.2"),
    *("-Humidity=55.5", "-AmbientTemperature=-3.5", "-Pressure=1013", "-WhitePoint=0.3127 0.329"),
]

PHONE = [
    *("-Make=Fön", "-Model=手机 12", "-Orientation#=8", "-SensitivityType#=2"),
    *("-RecommendedExposureIndex=64", "-CompositeImage#=3", "-OffsetTime=-03:30"),
    *("-ModifyDate=2024:02:29 23:59:59", "-SubSecTime=9", "-ExposureTime=1/8000"),
    *("-GPSLatitude=33.8567667", "-GPSLatitudeRef=S", "-GPSLongitude=151.21", "-GPSLongitudeRef=E"),
    *("-GPSAltitude=12.5", "-GPSAltitudeRef#=1", "-GPSTimeStamp=07:30:02", "-GPSSpeed=3.6"),
    *("-GPSDateStamp=2024:03:01", "-GPSSpeedRef#=K", "-GPSImgDirection=271.5", "-GPSDOP=2.1"),
    *("-GPSImgDirectionRef=T", "-GPSMapDatum=WGS-84", "-GPSHPositioningError=4.7"),
    *("-GPSDestBearing=90", "-GPSDestBearingRef=M", "-GPSDestLatitude=48.2", "-GPSStatus#=A"),
    *("-GPSDestLatitudeRef=N", "-GPSDestLongitude=16.37", "-GPSDestLongitudeRef=W"),
    *("-GPSProcessingMethod=GPS", "-GPSSatellites=07", "-GPSMeasureMode=3", "-GPSTrack=12.25"),
    *("-GPSTrackRef=T", "-GPSDifferential#=1", "-GPSVersionID=2.3.0.0", "-GPSAreaInformation=Bay"),
]

AGENCY = [
    *("-IPTC:CodedCharacterSet=UTF8", "-IPTC:ObjectName=Schönbrunn", "-IPTC:Urgency=5"),
    *("-IPTC:Keywords=palace", "-IPTC:Keywords=Gärten", "-IPTC:DateCreated=2026:11:20"),
    *("-IPTC:TimeCreated=08:15:30+01:00", "-IPTC:By-line=Ada", "-IPTC:By-lineTitle=Staff"),
    *("-IPTC:City=Wien", "-IPTC:Sub-location=Hietzing", "-IPTC:Province-State=Wien"),
    *("-IPTC:Country-PrimaryLocationCode=AUT", "-IPTC:Country-PrimaryLocationName=Österreich"),
    *("-IPTC:OriginalTransmissionReference=J-1", "-IPTC:Headline=Palace", "-IPTC:Credit=ACME"),
    *(
        "-IPTC:Source=ACME",
        "-IPTC:CopyrightNotice=© ACME",
        "-IPTC:Contact=desk",
        "-IPTC:Category=ART",
    ),
    *("-IPTC:Caption-Abstract=A palace\nand its garden", "-IPTC:Writer-Editor=Bob"),
    *("-IPTC:SpecialInstructions=none", "-IPTC:SupplementalCategories=x", "-IPTC:EditStatus=final"),
    *("-IPTC:OriginatingProgram=Snap", "-IPTC:ProgramVersion=1.2", "-IPTC:ObjectCycle=a"),
    *("-IPTC:ReleaseDate=2026:11:21", "-IPTC:ReleaseTime=00:00:00-05:00", "-IPTC:ImageType=3Y"),
    *("-IPTC:DigitalCreationDate=2026:11:20", "-IPTC:DigitalCreationTime=08:15:30+01:00"),
    *("-IPTC:LanguageIdentifier=de", "-IPTC:SubjectReference=IPTC:01000000:a:b:c"),
    *("-EXIF:Artist=Ada", "-EXIF:Copyright=© ACME", "-EXIF:ImageDescription=A palace"),
]

EDITOR = [
    *("-XMP-dc:Title=Dawn", "-XMP-dc:Title-de=Morgen", "-XMP-dc:Subject=a", "-XMP-dc:Subject=007"),
    *("-XMP-dc:Creator=Ada", "-XMP-dc:Rights=© ACME", "-XMP-dc:Description=x < y & z"),
    *("-XMP-dc:Format=image/jpeg", "-XMP-xmp:Rating=4", "-XMP-xmp:Label=Red"),
    *("-XMP-xmp:CreatorTool=Snap", "-XMP-xmp:CreateDate=2026:11:20 08:15:30+01:00"),
    *("-XMP-xmp:ModifyDate=2026:11:20 09:00:00Z", "-XMP-photoshop:City=Wien"),
    *("-XMP-photoshop:Headline=Palace", "-XMP-photoshop:Urgency=5", "-XMP-photoshop:Credit=ACME"),
    *(
        "-XMP-photoshop:ColorMode#=3",
        "-XMP-photoshop:DateCreated=2026:11:20",
        "-XMP-tiff:Make=ACME",
    ),
    *("-XMP-tiff:Orientation#=1", "-XMP-tiff:XResolution=300", "-XMP-exif:FNumber=2.8"),
    *("-XMP-exif:ExposureTime=1/250", "-XMP-exif:ISO=400", "-XMP-exif:FocalLength=50"),
    *("-XMP-exif:GPSLatitude=48.2", "-XMP-exif:GPSLongitude=-16.37", "-XMP-aux:Lens=Zoom"),
    *("-XMP-aux:SerialNumber=007", "-XMP-xmpRights:Marked=True", "-XMP-xmpRights:UsageTerms=none"),
    *("-XMP-xmpRights:WebStatement=https://example.com/", "-XMP-xmpMM:DocumentID=xmp.did:1"),
    *("-XMP-xmpMM:InstanceID=xmp.iid:2", "-XMP-iptcCore:Location=Hietzing"),
    *("-XMP-iptcCore:CountryCode=AUT", "-XMP-iptcCore:CreatorWorkEmail=ada@example.com"),
    *(
        "-XMP-iptcExt:PersonInImage=Bob",
        "-XMP-iptcExt:Event=Opening",
        "-XMP-exif:ExifImageWidth=4",
    ),
    *("-XMP-iptcExt:LocationShownCity=Wien", "-XMP-iptcExt:LocationShownCountryCode=AUT"),
    *("-XMP-lr:HierarchicalSubject=a|b", "-XMP-exif:ColorSpace#=1", "-XMP-xmp:Nickname=n"),
]

SAMPLES = {"camera": CAMERA, "phone": PHONE, "agency": AGENCY, "editor": EDITOR}
SUFFIXES = {"jpg": "jpeg", "png": "png", "webp": "webp", "tif": "tiff"}
BYTE_ORDERS = ("II", "MM")


def write_samples(folder: Path) -> Iterator[tuple[Path, str]]:
    """Write every sample in every format and byte order. Yields paths and content types."""
    for sample, metadata in SAMPLES.items():
        for suffix, name in SUFFIXES.items():
            for byte_order in BYTE_ORDERS:
                path = folder / f"{sample}-{byte_order}.{suffix}"
                pyvips.Image.black(8, 8).write_to_file(str(path), keep="none")
                order = f"-ExifByteOrder={byte_order}"
                command = [*exiftool.command(), "-q", "-m", order, "-overwrite_original"]
                subprocess.run([*command, *metadata, str(path)], check=True)
                yield path, f"image/{name}"
